/** Everything can be reached and done by keyboard, and one sees where one is. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { browserTest, openConsole, searchOf, startFrozen } from "./browser.fixture.js";
import { viewsOf } from "./views.fixture.js";

const focusable =
  "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea, summary, [tabindex='0']";
const pressesAtOnce = 20;
const pressesMax = 1000;

/**
 * Goes through the page by Tab until it comes round. What was wrong: controls that were not reached, that do
 * not show that they have the focus, or that something lies over.
 *
 * The page itself takes the notes, each when the next Tab is pressed: by then all scrolling is done.
 */
async function walk(page: Page): Promise<readonly string[]> {
  await page.evaluate((focusable) => {
    const wrong: string[] = [];
    const waiting = new Set(
      [...document.querySelectorAll<HTMLElement>(focusable)].filter(
        (element) => element.tabIndex >= 0 && element.checkVisibility(),
      ),
    );
    let first: Element | null = null;
    let last: Element | null = null;
    const walk = { isRound: false, wrong, waiting };
    Object.assign(globalThis, { walk });
    function look(element: Element): void {
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const { left, top, width, height } = element.getBoundingClientRect();
      // Of a part that is larger than the screen (a log) its own middle may be covered by what belongs to it.
      const above = document.elementFromPoint(left + width / 2, top + Math.min(height / 2, 12));
      const html = element.outerHTML.slice(0, 120);
      if (outlineStyle === "none" || Number.parseFloat(outlineWidth) < 1) wrong.push(`not marked: ${html}`);
      if (above === null || !(element.contains(above) || above.contains(element))) wrong.push(`not in sight: ${html}`);
    }
    document.addEventListener(
      "keydown",
      () => {
        const element = document.activeElement;
        // Between the last stop and the first one the page itself has the focus, or the last stop keeps it for a while.
        if (walk.isRound || element === null || element === document.body || element === last) return;
        last = element;
        // An earlier stop may come again where the page was still loading when it was passed.
        walk.isRound = element === first;
        if (walk.isRound) return;
        first ??= element;
        waiting.delete(element as HTMLElement);
        look(element);
      },
      { capture: true },
    );
  }, focusable);
  interface Walked {
    readonly walk: { readonly isRound: boolean; readonly wrong: string[]; readonly waiting: Set<HTMLElement> };
  }
  for (let presses = 0; presses < pressesMax; presses += pressesAtOnce) {
    await Promise.all(Array.from({ length: pressesAtOnce }, () => page.keyboard.press("Tab")));
    if (await page.evaluate(() => (globalThis as unknown as Walked).walk.isRound)) break;
  }
  return await page.evaluate(() => {
    const { wrong, waiting } = (globalThis as unknown as Walked).walk;
    const missed = [...waiting].filter((element) => element.checkVisibility());
    return [...wrong, ...missed.map((element) => `not reached: ${element.outerHTML.slice(0, 120)}`)];
  });
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
      await scene.open();
      wrong.push(...(await walk(page)).map((what) => `${scene.name}: ${what}`));
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
  await expect.poll(() => searchOf(page)).toBe("");
  expect(await opener.evaluate((element) => element === document.activeElement)).toBe(true);
});
