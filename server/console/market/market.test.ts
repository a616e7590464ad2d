/** Index and sector tiles against the real server. */
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

browserTest("a sector that is created elsewhere appears by itself", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max);
  await send(max, "POST", "/api/sectors", { id: "space-001", name: "Space", value: 100, indexWeight: 0.1 });
  max.advance("1s");
  await page.locator('[data-sector="space-001"]').waitFor();
});
