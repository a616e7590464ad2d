/** What each view asks of the page's main thread at a steady stream of events. */
import { setTimeout as wait } from "node:timers/promises";
import { io } from "socket.io-client";
import type { Chromium, Tab } from "./chromium.js";
import { isFresh } from "./console-market.js";
import { type MainThread, readMainThread } from "./trace.js";

export interface ViewsPlan {
  /** Name, and path with query. */
  readonly views: readonly (readonly [name: string, path: string])[];
  readonly warmUpMs: number;
  readonly measureMs: number;
}

const frameMs = 1000 / 60;
const scriptShareMax = 0.3;

function format(name: string, eventsPerSecond: number, main: MainThread): string {
  const { spanMs, frames, frameCpuMs, otherCpuMs, cpuMs, scriptCpuMs, longTasks, taskCpuMsMax, taskMsMax } = main;
  const percentile = (share: number): number => frameCpuMs[Math.floor(share * (frameCpuMs.length - 1))];
  const percent = (ms: number): string => ((100 * ms) / spanMs).toFixed(1);
  // What arrives between two frames leaves the frame that much less.
  const betweenMs = (frameMs * otherCpuMs) / spanMs;
  const keeps = percentile(0.99) + betweenMs < frameMs;
  const isMet = keeps && longTasks === 0 && scriptCpuMs < scriptShareMax * spanMs;
  return [
    `${name}: ${eventsPerSecond.toFixed(0)} events/s`,
    `${((1000 * frames) / spanMs).toFixed(0)} frames/s here`,
    `a frame takes p50 ${percentile(0.5).toFixed(1)}, p99 ${percentile(0.99).toFixed(1)}, at most ${percentile(1).toFixed(1)} and what comes between two ${betweenMs.toFixed(1)} of ${frameMs.toFixed(1)} ms`,
    `longest task ${taskCpuMsMax.toFixed(1)} ms (with waiting for a core ${taskMsMax.toFixed(0)} ms), ${longTasks} over 50 ms`,
    `script ${percent(scriptCpuMs)} %, main thread ${percent(cpuMs)} %: ${isMet ? "met" : "MISSED"}`,
  ].join(", ");
}

export async function measureViews(browser: Chromium, tab: Tab, url: string, plan: ViewsPlan): Promise<string[]> {
  const socket = io(url, { transports: ["websocket"] });
  let events = 0;
  socket.onAny(() => events++);
  const lines: string[] = [];
  try {
    for (const [name, path] of plan.views) {
      await tab.send("Page.navigate", { url: url + path });
      await tab.until(isFresh);
      await wait(plan.warmUpMs);
      let eventsPerSecond = 0;
      const trace = await browser.trace(async () => {
        const fromMs = performance.now();
        events = 0;
        await wait(plan.measureMs);
        eventsPerSecond = (1000 * events) / (performance.now() - fromMs);
      });
      lines.push(format(name, eventsPerSecond, readMainThread(trace)));
    }
  } finally {
    socket.disconnect();
  }
  return lines;
}
