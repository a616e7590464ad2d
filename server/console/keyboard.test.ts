/** Everything can be reached and done by keyboard, and one sees where one is. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { browserTest, openConsole, startFrozen } from "./browser.fixture.js";
import { viewsOf } from "./views.fixture.js";

interface Stop {
  readonly html: string;
  /** Whether the focus shows, and whether nothing lies over it. */
  readonly isMarked: boolean;
  readonly isSeen: boolean;
}

/** Goes through the page by Tab until it comes round. What was stopped at, and what could have been but was not. */
async function walk(page: Page): Promise<{ readonly stops: readonly Stop[]; readonly missed: readonly string[] }> {
  const stops: Stop[] = [];
  for (;;) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate((): Stop | null => {
      const element = document.activeElement as HTMLElement;
      if (element === document.body || element.dataset["walked"] !== undefined) return null;
      element.dataset["walked"] = "";
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const { left, top, width, height } = element.getBoundingClientRect();
      // Of a part that is larger than the screen (a log) its own middle may be covered by what belongs to it.
      const above = document.elementFromPoint(left + width / 2, top + Math.min(height / 2, 12));
      return {
        html: element.outerHTML.slice(0, 120),
        isMarked: outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 1,
        isSeen: above !== null && (element.contains(above) || above.contains(element)),
      };
    });
    if (stop === null) break;
    stops.push(stop);
  }
  const missed = await page.evaluate(() => {
    const focusable =
      "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea, summary, [tabindex='0']";
    return [...document.querySelectorAll<HTMLElement>(focusable)]
      .filter(
        (element) => element.tabIndex >= 0 && element.checkVisibility() && element.dataset["walked"] === undefined,
      )
      .map((element) => element.outerHTML.slice(0, 120));
  });
  return { stops, missed };
}

const screens = [
  ["a desktop", 1440, 900],
  ["a phone", 380, 800],
] as const;

for (const [name, width, height] of screens) {
  browserTest(`Tab reaches every control of every view, marked and in sight, on ${name}`, async () => {
    const max = await startFrozen();
    max.advance("1m");
    const { page } = await openConsole(max, { viewport: { width, height } });
    const wrong: string[] = [];
    for (const scene of await viewsOf(page)) {
      await scene.open(page);
      const { stops, missed } = await walk(page);
      expect(stops.length).toBeGreaterThan(8);
      wrong.push(...missed.map((html) => `${scene.name}: not reached: ${html}`));
      for (const { html, isMarked, isSeen } of stops) {
        if (!isMarked) wrong.push(`${scene.name}: not marked: ${html}`);
        if (!isSeen) wrong.push(`${scene.name}: not in sight: ${html}`);
      }
    }
    expect(wrong).toEqual([]);
  });
}

const focused = (page: Page) => page.evaluate(() => document.activeElement?.id ?? "");

browserTest("the first stop skips to the view, and a view that opens by key goes on inside of it", async () => {
  const { page } = await openConsole(await startFrozen());
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await focused(page)).toBe("view");
  await page.keyboard.press("3");
  await page.getByRole("main", { name: "Discussions" }).waitFor();
  expect(await page.title()).toBe("Discussions · MAX console");
  expect(await focused(page)).toBe("view");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("Market floor");
});

browserTest("a tile opens its chart, Escape closes it, and the focus is on the tile again", async () => {
  const { page } = await openConsole(await startFrozen());
  const tile = page.locator("[data-sector=health-001]");
  await tile.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("group", { name: /interval/i }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("group", { name: /interval/i }).waitFor({ state: "detached" });
  expect(await tile.evaluate((element) => element === document.activeElement)).toBe(true);
});

browserTest("a sheet keeps the focus until it is closed, and gives it back", async () => {
  const { page } = await openConsole(await startFrozen());
  const opener = page.getByRole("button", { name: "Keyboard shortcuts" });
  await opener.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  for (let press = 0; press < 4; press++) {
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.closest("nav, main, .top"))).toBeNull();
  }
  // What is typed now belongs to the sheet.
  await page.keyboard.press("2");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  expect(new URL(page.url()).search).toBe("");
  expect(await opener.evaluate((element) => element === document.activeElement)).toBe(true);
});
