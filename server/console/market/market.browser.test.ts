/** Index and sector tiles against the real server. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { MarketIndex, SectorList } from "../../../schemas/index.js";
import { browserTest, openConsole, readJson, send, startFrozen } from "../browser.fixture.js";

const price = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

browserTest("index and tiles show the server's values, before anything moves and after", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max);
  for (const step of ["0s", "90s"]) {
    max.advance(step);
    const index = await readJson<MarketIndex>(max, "/api/index");
    await page.locator(".index-value", { hasText: price.format(index.value) }).waitFor();
    for (const { id, name, value } of (await readJson<SectorList>(max, "/api/sectors")).data) {
      const tile = page.locator(`[data-sector="${id}"]`);
      await tile.locator(".tile-value", { hasText: price.format(value) }).waitFor({ state: "attached" });
      expect(await tile.locator(".tile-name").textContent()).toBe(name);
    }
  }
});

browserTest("tiles are as large as their weights, and have a line of the last hours", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max);
  await page.locator('[data-sector="tech-001"] .line').waitFor({ state: "attached" });
  const areas = await page
    .locator(".tile")
    .evaluateAll((tiles) =>
      Object.fromEntries(tiles.map((tile) => [tile.getAttribute("data-sector"), tile.clientWidth * tile.clientHeight])),
    );
  const { data } = await readJson<SectorList>(max, "/api/sectors");
  const perWeight = data.map(({ id, indexWeight }) => areas[id] / indexWeight);
  expect(Math.max(...perWeight) / Math.min(...perWeight)).toBeLessThan(1.1);
});

browserTest("value and change fit into the smallest tile, beside an open chart", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.locator('[data-sector="energy-001"]').click();
  await page.locator(".chart canvas").first().waitFor();
  const cut = (): Promise<(string | null)[]> =>
    page
      .locator(".tile")
      .evaluateAll((tiles) =>
        tiles
          .filter((tile) =>
            [...tile.querySelectorAll(".tile-value, .tile-change")].some(
              (text) =>
                text.scrollWidth > text.clientWidth ||
                text.getBoundingClientRect().right > tile.getBoundingClientRect().right,
            ),
          )
          .map((tile) => tile.getAttribute("data-sector")),
      );
  await expect.poll(cut).toEqual([]);
});

async function heightsOfIndex(page: Page): Promise<number[]> {
  const path = (await page.locator(".index-line path.line").getAttribute("d")) ?? "";
  return [...path.matchAll(/,([\d.]+)/g)].map(([, y]) => Number(y));
}

browserTest("the index keeps its line when a sector without a past is created", async () => {
  const max = await startFrozen();
  const before = await heightsOfIndex((await openConsole(max)).page);
  await send(max, "POST", "/api/sectors", { id: "space-001", name: "Space", value: 100, indexWeight: 0.5 });
  const { page } = await openConsole(max);
  await page.locator('[data-sector="space-001"]').waitFor();
  const after = await heightsOfIndex(page);
  expect(before).toHaveLength(180);
  expect(after).toHaveLength(180);
  expect(Math.max(...after.map((y, at) => Math.abs(y - before[at])))).toBeLessThan(0.1);
});

browserTest("the index line goes on live as it would be fetched", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max);
  await page.locator(".index-scale").waitFor();
  max.advance("150s");
  const { value } = await readJson<MarketIndex>(max, "/api/index");
  await page.locator(".index-value", { hasText: price.format(value) }).waitFor();
  const fetched = await heightsOfIndex((await openConsole(max)).page);
  expect(fetched).toHaveLength(180);
  // Events carry the index rounded to a hundredth.
  const isSame = async () => {
    const drawn = await heightsOfIndex(page);
    return drawn.length === fetched.length && drawn.every((y, at) => Math.abs(y - fetched[at]) < 0.1);
  };
  await expect.poll(isSame, { timeout: 30_000 }).toBe(true);
});

browserTest("a sector that is created elsewhere appears by itself", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max);
  await send(max, "POST", "/api/sectors", { id: "space-001", name: "Space", value: 100, indexWeight: 0.1 });
  max.advance("1s");
  await page.locator('[data-sector="space-001"]').waitFor();
});

browserTest("what is renamed or deleted elsewhere is so here, though no event tells it", async () => {
  const max = await startFrozen();
  await send(max, "POST", "/api/sectors", { id: "space-001", name: "Space", value: 100, indexWeight: 0.1 });
  const { page } = await openConsole(max);
  const tile = page.locator('[data-sector="space-001"]');
  await send(max, "PATCH", "/api/sectors/space-001", { name: "Orbit" });
  await tile.getByText("Orbit", { exact: true }).waitFor();
  await fetch(`${max.url}/api/sectors/space-001`, { method: "DELETE", headers: { Connection: "close" } });
  await tile.waitFor({ state: "detached" });
});
