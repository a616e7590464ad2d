/** A tab that was hidden and is shown again: how many frames until it shows the present. */
import { setTimeout as wait } from "node:timers/promises";
import type { Chromium, Tab } from "./chromium.js";
import { type Control, isFresh, pricesOf, shows } from "./console-market.js";
import { readMainThread } from "./trace.js";

export interface ReturnPlan {
  readonly hiddenMs: number;
  /** After the return, for what it causes. */
  readonly warmUpMs: number;
}

/** Frames from the tab's return to the one that shows all of it. */
function countFramesUntilShown(prices: readonly string[]): string {
  return `globalThis.framesUntilShown = new Promise((resolve) => {
    let frames = 0;
    const look = () => requestAnimationFrame(() => {
      frames++;
      // After this frame's other callbacks.
      queueMicrotask(() => setTimeout(() => ${shows(prices)} ? resolve(frames) : look()));
    });
    document.addEventListener("visibilitychange", look, { once: true });
  }); undefined`;
}

/** Leaves the simulation paused. */
export async function measureReturn(
  browser: Chromium,
  tab: Tab,
  url: string,
  control: Control,
  plan: ReturnPlan,
): Promise<string> {
  await tab.send("Page.navigate", { url });
  await tab.until(isFresh);
  const other = await browser.open("about:blank");
  await other.show();
  await tab.until("document.hidden");
  await wait(plan.hiddenMs);
  await control("pause");
  const prices = await pricesOf(url);
  await tab.evaluate(countFramesUntilShown(prices));
  // What was sent before the pause has come by now: an answer later than all of it.
  await tab.evaluate("fetch('/livez').then(() => undefined)");
  let frames = 0;
  const trace = await browser.trace(async () => {
    await tab.show();
    frames = await tab.evaluate<number>("framesUntilShown");
    await wait(plan.warmUpMs);
  });
  const { longTasks, taskCpuMsMax } = readMainThread(trace);
  return `hidden for ${(plan.hiddenMs / 1000).toFixed(1)} s, then shown: the present in frame ${frames}, longest task ${taskCpuMsMax.toFixed(1)} ms, ${longTasks} over 50 ms: ${frames === 1 && longTasks === 0 ? "met" : "MISSED"}`;
}
