/** The page is calm: nothing jumps while the market moves, nothing moves that was asked not to, nothing is read out that ticks. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { Max } from "../main.js";
import { browserTest, openConsole, startFrozen } from "./browser.fixture.js";
import { viewsOf } from "./views.fixture.js";

/** Lets some of the market happen, and waits until the page shows it. */
async function live(max: Max, page: Page, rounds = 1): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    max.advance("15s");
    const { time } = max.simulation.status();
    await page.locator(".sim-clock b").getByText(time.slice(11, 19)).waitFor();
  }
}

/** Counts what moves by itself, from now on. Its share of the screen times the share of the way, summed up; 0.1 is what people call a jump. */
async function watchShifts(page: Page): Promise<() => Promise<number>> {
  const seen = await page.evaluateHandle(() => {
    const seen = { sum: 0 };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.sum += (entry as PerformanceEntry & { readonly value: number }).value;
    }).observe({ type: "layout-shift" });
    return seen;
  });
  return async () => await seen.evaluate(({ sum }) => sum);
}

/** What words of other lengths move at most. */
const shiftMax = 0.02;

const screens = [
  ["a desktop", 1440, 900],
  ["a phone", 380, 800],
] as const;

for (const [name, width, height] of screens) {
  browserTest(`no view jumps while the market moves, on ${name}`, async () => {
    const max = await startFrozen();
    max.advance("2m");
    const { page } = await openConsole(max, { viewport: { width, height } });
    const jumps: string[] = [];
    for (const scene of await viewsOf(page)) {
      await scene.open();
      // What moves because somebody went elsewhere is not meant.
      await live(max, page);
      const shift = await watchShifts(page);
      await live(max, page, 3);
      const sum = await shift();
      if (sum > shiftMax) jumps.push(`${scene.name}: ${sum.toFixed(3)}`);
    }
    expect(jumps).toEqual([]);

    const shift = await watchShifts(page);
    await page.locator("main").evaluate((main) => {
      const banner = document.createElement("p");
      banner.style.height = "4rem";
      main.before(banner);
    });
    await expect.poll(shift).toBeGreaterThan(shiftMax);
  });
}

browserTest("nothing that ticks is read out, but for what is said in the open room", async () => {
  const max = await startFrozen();
  max.advance("1m");
  const { page } = await openConsole(max);
  const announced = () =>
    page
      .locator(
        "[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=timer], [role=log]:not([aria-live]), output",
      )
      .evaluateAll((elements) =>
        elements.map(
          (element) => [element.getAttribute("aria-label") ?? element.className, element.textContent] as const,
        ),
      );
  for (const scene of await viewsOf(page)) {
    await scene.open();
    const before = await announced();
    await live(max, page);
    const changed = (await announced()).filter(
      ([name, text], at) => name !== before[at]?.[0] || text !== before[at]?.[1],
    );
    expect(changed.map(([name]) => name).filter((name) => name !== "Messages in Market floor")).toEqual([]);
  }
});

/** Goes through the views while the market moves and the pointer does; says how much was animated. */
async function countAnimations(reducedMotion: "reduce" | "no-preference"): Promise<number> {
  const max = await startFrozen();
  const setUp = (page: Page) =>
    page.addInitScript(() => {
      const counted = globalThis as unknown as { animations: number };
      counted.animations = 0;
      for (const type of ["transitionrun", "animationstart"]) {
        document.addEventListener(type, () => (counted.animations += 1), true);
      }
    });
  const { page } = await openConsole(max, { path: "/?sector=tech-001", reducedMotion, setUp });
  for (const scene of await viewsOf(page)) {
    await scene.open();
    await live(max, page);
    for (const name of ["Play", "Step"]) await page.getByRole("button", { name }).first().hover();
  }
  await page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve))));
  return await page.evaluate(() => (globalThis as unknown as { animations: number }).animations);
}

browserTest("nothing is animated where less motion is asked for, and only there", async () => {
  expect(await countAnimations("reduce")).toBe(0);
  expect(await countAnimations("no-preference")).toBeGreaterThan(0);
});

browserTest("no view is wider than its screen, from a small phone to a large desktop", async () => {
  const { page } = await openConsole(await startFrozen());
  const wide: string[] = [];
  for (const scene of await viewsOf(page)) {
    await scene.open();
    for (const width of [320, 380, 768, 1024, 1920]) {
      await page.setViewportSize({ width, height: 800 });
      const beyond = await page.evaluate(() => {
        const root = document.scrollingElement as Element;
        return root.scrollWidth - root.clientWidth;
      });
      if (beyond > 0) wide.push(`${scene.name}: ${beyond} pixels beyond ${width}`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  }
  expect(wide).toEqual([]);
});
