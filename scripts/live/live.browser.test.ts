/** The live page in a real browser: it shows a run as it goes on, becomes its report, and tells when the run is gone. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { attack, shortPlan, startServer } from "../../loadtest/loadtest.fixture.js";
import type { Plan } from "../../schemas/index.js";
import { browserTest, theBrowser } from "../../server/console/browser.fixture.js";
import { LiveServer } from "./live-server.js";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const plan: Plan = {
  ...shortPlan,
  stages: [{ kind: "hold", durationMs: 600_000 }],
  rest: { perSecond: 10, routes: [{ path: "/health" }] },
};

/** A page of a load test that has not begun, and what it complains about. */
async function openPage() {
  const live = await LiveServer.open(0);
  onTestFinished(() => live.close());
  const context = await (await theBrowser()).newContext({ viewport: { width: 1100, height: 900 }, bypassCSP: false });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => complaints.push(message.text()));
  await page.goto(live.url);
  return { live, page, complaints };
}

/** Of what a reader with a disability would meet. */
async function violations(page: Page): Promise<unknown> {
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } };
    return (await axe.run()).violations.map(({ id }) => id);
  });
}

const state = (page: Page) => page.locator(".verdict .word").textContent();
const received = (page: Page) => page.locator(".figures small", { hasText: "so far" }).textContent();

browserTest("the page follows a run, light, dark and on a telephone, and becomes its report", async () => {
  const { live, page, complaints } = await openPage();
  expect(await state(page)).toBe("STARTING");
  const max = await startServer();
  const abort = new AbortController();
  const run = attack({ url: max.url, token: max.token }, { plan, observer: live, signal: abort.signal });
  const chart = page.locator('[aria-label="Latency by percentile"]');
  await chart.waitFor();
  expect(await state(page)).toBe("RUNNING");
  for (const title of ["Latency over time", "Deliveries a second", "Subscribers connected", "REST"])
    await page.locator(`[aria-label="${title}"]`).waitFor();

  await chart.focus();
  const before = await received(page);
  await expect.poll(() => received(page)).not.toBe(before);
  expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Latency by percentile");

  await page.evaluate(axeSource);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    expect(await violations(page), colorScheme).toEqual([]);
  }
  await page.setViewportSize({ width: 380, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);

  abort.abort();
  const { summary } = await run;
  await expect.poll(() => state(page)).toBe(summary.verdict);
  expect(await page.title()).toBe(`${summary.verdict}: load test short`);
  await page.getByRole("heading", { name: "Health and environment" }).waitFor();
  expect(complaints).toEqual([]);
});

browserTest("a page whose load test ends without a result tells it", async () => {
  const { live, page } = await openPage();
  await live.close();
  await expect.poll(() => state(page)).toBe("ENDED");
  expect(await page.locator(".verdict p").textContent()).toBe("The load test has ended without a result.");
});
