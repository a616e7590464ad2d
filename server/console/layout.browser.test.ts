/** Nothing leaves its place, covers another or is too small to be read, from a phone to a desktop. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { Max } from "../main.js";
import { browserTest, openConsole, send, startFrozen } from "./browser.fixture.js";
import { tellOfCluster } from "./cluster/cluster.fixture.js";

const widths = [1440, 1024, 390];
const longName = "Senior principal quantitative macroeconomic strategist for everything that moves";

/** A market with long names, many small sectors, and a room in which something was said. */
async function startCrowded(): Promise<Max> {
  const max = await startFrozen();
  max.advance("2m");
  await send(max, "POST", "/api/agents", { id: "agent-900", name: longName, role: longName, sectorId: "tech-001" });
  await send(max, "POST", "/api/discussions", { id: "disc-900", title: longName });
  await send(max, "POST", "/api/discussions/disc-900/messages", { content: "Hello", authorId: "agent-900" });
  for (let nth = 0; nth < 24; nth++) {
    const id = `tiny-${100 + nth}`;
    await send(max, "POST", "/api/sectors", { id, name: `Tiny ${nth}`, value: 1234.5, indexWeight: 0.002 });
  }
  return max;
}

/** What reaches beyond the element of the first selector that holds it. */
async function leaving(page: Page, container: string, part: string): Promise<string[]> {
  return await page.evaluate(
    ([container, part]) =>
      [...document.querySelectorAll(container)].flatMap((holder) => {
        const { left, right } = holder.getBoundingClientRect();
        return [...holder.querySelectorAll(part)]
          .filter((element) => element.checkVisibility())
          .map((element) => ({ box: element.getBoundingClientRect(), text: element.textContent ?? "" }))
          .filter(({ box }) => box.width > 0 && (box.left < left - 1 || box.right > right + 1))
          .map(({ text }) => text);
      }),
    [container, part] as const,
  );
}

browserTest("long names stay in their cards, and a log that has all messages offers no older ones", async () => {
  const { page } = await openConsole(await startCrowded(), { path: "/?view=agents" });
  for (const width of widths) {
    await page.setViewportSize({ width, height: 844 });
    expect(await leaving(page, ".agent-card", "*"), `agents at ${width}`).toEqual([]);
  }
  await page.keyboard.press("3");
  await page.locator(".room", { hasText: "Senior" }).click();
  await page.getByText("The room begins here.").waitFor();
  expect(await page.getByRole("button", { name: "Load older messages" }).count()).toBe(0);
  for (const width of widths) {
    await page.setViewportSize({ width, height: 844 });
    expect(await leaving(page, ".room", "*"), `rooms at ${width}`).toEqual([]);
    expect(await leaving(page, "#room", ".panel-head *, .message-head *"), `the room at ${width}`).toEqual([]);
  }
});

browserTest("what can be seen of a tile can be read, whatever its size", async () => {
  const { page } = await openConsole(await startCrowded());
  for (const width of widths) {
    await page.setViewportSize({ width, height: 844 });
    const small = await page
      .locator(".tile-body > span")
      .evaluateAll((texts) =>
        texts
          .filter((text) => text.checkVisibility() && Number.parseFloat(getComputedStyle(text).fontSize) < 10.5)
          .map((text) => text.textContent),
      );
    expect(small, `at ${width}`).toEqual([]);
    expect(await leaving(page, ".tile", ".tile-value, .tile-change"), `at ${width}`).toEqual([]);
  }
});

browserTest("the question before going back is one row on the screen, and what came of it covers nothing", async () => {
  const max = await startFrozen();
  const { page } = await openConsole(max);
  for (const width of widths) {
    await page.setViewportSize({ width, height: 844 });
    max.advance("2m");
    await page.getByText(max.simulation.status().time.slice(11, 19)).first().waitFor();
    await page.getByLabel("Simulated time").fill("10000");
    const ask = await page.locator(".ask").boundingBox();
    const back = await page.getByRole("button", { name: "Go back" }).boundingBox();
    const stay = await page.getByRole("button", { name: "Stay" }).boundingBox();
    expect(back!.y, `at ${width}`).toBe(stay!.y);
    expect(ask!.x).toBeGreaterThanOrEqual(0);
    expect(ask!.x + ask!.width).toBeLessThanOrEqual(width);
    await page.getByRole("button", { name: "Go back" }).click();
    const outcome = page.locator(".outcome", { hasText: "Deleted" });
    await outcome.waitFor();
    const covered = await outcome.evaluate((element) => {
      const box = element.getBoundingClientRect();
      const above = document.elementsFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      return above.some((other) => other.matches("main, main *"));
    });
    // On a phone the bar sticks to the edge, and the page goes on below it.
    if (width > 900) expect(covered, `at ${width}`).toBe(false);
    await outcome.getByRole("button", { name: "Close" }).click();
  }
});

browserTest("the slider's focus ring leaves its labels alone", async () => {
  const { page } = await openConsole(await startFrozen());
  const slider = page.getByLabel("Simulated time");
  await slider.focus();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Tab");
  const overlapPx = await slider.evaluate((input) => {
    const { outlineOffset, outlineWidth, outlineStyle } = getComputedStyle(input);
    if (outlineStyle === "none") return Number.NaN;
    const ringBottom =
      input.getBoundingClientRect().bottom + Number.parseFloat(outlineOffset) + Number.parseFloat(outlineWidth);
    return ringBottom - document.querySelector(".timeline-words")!.getBoundingClientRect().top;
  });
  expect(overlapPx).toBeLessThanOrEqual(0);
});

browserTest("an empty market says so in the middle of its panel", async () => {
  const { page } = await openConsole(await startFrozen(), {
    setUp: (page) =>
      page.route("**/api/sectors?*", (route) =>
        route.fulfill({ json: { data: [], nextCursor: null, hasMore: false } }),
      ),
  });
  const notice = page.getByText("There are no sectors");
  for (const width of widths) {
    await page.setViewportSize({ width, height: 844 });
    const [text, panel] = [await notice.boundingBox(), await page.locator("#sectors").boundingBox()];
    expect(Math.abs(text!.x + text!.width / 2 - panel!.x - panel!.width / 2), `at ${width}`).toBeLessThan(3);
  }
});

browserTest(
  "the bar at the top of a member's console holds its views, figures and tools on every desktop",
  async () => {
    const { page } = await openConsole(await startFrozen(), { setUp: (opened) => tellOfCluster(opened) });
    await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Cluster" }).waitFor();
    for (const width of [1440, 1425, 1280, 1250, 1240, 1130]) {
      await page.setViewportSize({ width, height: 844 });
      expect(await leaving(page, ".top", "a, button, dd"), `at ${width}`).toEqual([]);
    }
  },
);
