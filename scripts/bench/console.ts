/**
 * The console benchmark: a real page in Chromium, at 500 events a second.
 *
 * Three questions: does each view keep 60 frames a second with a thread to spare, does memory stay flat over
 * 30 simulated hours, and does a hidden tab show the present in its first frame when it comes back.
 */
import { createHash } from "node:crypto";
import { CliError, exitCodes } from "../cli-error.js";
import type { BenchResult } from "./bench.js";
import { Chromium, type Tab, noChromium } from "./chromium.js";
import { type Control, createControl, pricesOf, shows } from "./console-market.js";
import type { ConsoleServerReport } from "./console-messages.js";
import { type ReturnPlan, measureReturn } from "./console-return.js";
import { type SoakPlan, soak } from "./console-soak.js";
import { type ViewsPlan, measureViews } from "./console-views.js";
import { BenchProcess } from "./bench-process.js";

const views = [
  ["market", "/"],
  ["market with a chart", "/?sector=tech-001"],
  ["agents", "/?view=agents"],
  ["discussions", "/?view=discussions"],
  ["inspector", "/?view=inspector"],
] as const;

const plans: Record<"tiny" | "full", ViewsPlan & ReturnPlan & SoakPlan> = {
  tiny: {
    views: [views[1], views[4]],
    warmUpMs: 200,
    measureMs: 500,
    hiddenMs: 300,
    soakHours: 0.05,
    soakSpeed: 120,
    samples: 2,
  },
  full: { views, warmUpMs: 3000, measureMs: 15_000, hiddenMs: 30_000, soakHours: 30, soakSpeed: 400, samples: 30 },
};

/** The scenario brings 60 events a simulated second. */
const speed = 500 / 60;

/** A fixed moment, as the page shows it. */
async function hashOf(tab: Tab, url: string, control: Control): Promise<string> {
  await control("seek", { to: 14_400 });
  const prices = await pricesOf(url);
  await tab.until(shows(prices));
  return createHash("sha256").update(prices.join("\n")).digest("hex");
}

export async function run(size: "tiny" | "full"): Promise<BenchResult> {
  if (noChromium !== undefined)
    throw new CliError(exitCodes.couldNotStart, `The console cannot be measured: ${noChromium}.`);
  const plan = plans[size];
  const server = new BenchProcess<object, ConsoleServerReport>("console-server", 0, [String(speed)]);
  const browser = await Chromium.launch();
  try {
    const { url, token } = await server.ask(null, "started");
    const control = createControl(url, token);
    const tab = await browser.open(url);
    const lines = await measureViews(browser, tab, url, plan);
    lines.push(await measureReturn(browser, tab, url, control, plan));
    const hash = await hashOf(tab, url, control);
    lines.push(...(await soak(tab, url, control, plan)));
    return {
      name: "Console: frames, tasks and script of each view at 500 events a second, by the main thread's processor time",
      lines,
      hash,
    };
  } finally {
    await browser.close();
    await server.stop();
  }
}
