/**
 * The console benchmark: a real page in Chromium, at 500 events a second.
 *
 * Three questions: does each view keep 60 frames a second with a thread to spare, does memory stay flat over 30
 * simulated hours, and does a hidden tab show the present in its first frame when it comes back. The market behind the
 * page is controlled by requests, and the page is compared with it by its prices.
 */
import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { io } from "socket.io-client";
import { median } from "../realism/statistics.js";
import { CliError, exitCodes } from "../cli-error.js";
import { BenchProcess } from "./bench-process.js";
import { type Tab, TabbedChromium, findChromium } from "./chromium.js";
import type { BenchResult, BenchSize } from "./report.js";
import { type MainThread, readMainThread } from "./trace.js";

const views = [
  ["market", "/"],
  ["market with a chart", "/?sector=tech-001"],
  ["agents", "/?view=agents"],
  ["discussions", "/?view=discussions"],
  ["inspector", "/?view=inspector"],
] as const;

interface Plan {
  /** Name, and path with query. */
  readonly views: readonly (readonly [name: string, path: string])[];
  /** Before the measurement of a view; and after a hidden tab is shown again, for what that causes. */
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly hiddenMs: number;
  readonly soakHours: number;
  readonly soakSpeed: number;
  readonly samples: number;
}

const plans: Record<BenchSize, Plan> = {
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

/** Sends a command to the simulation. */
type Control = (move: string, body?: object) => Promise<void>;

function createControl(url: string, token: string): Control {
  return async (move, body = {}) => {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const { ok, status } = await fetch(`${url}/api/simulation/${move}`, init);
    if (!ok) throw new Error(`POST ${move} answered ${status}`);
  };
}

const price = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Index and sectors as the market view writes them. */
async function pricesOf(url: string): Promise<string[]> {
  const get = async <Body>(path: string): Promise<Body> => (await (await fetch(url + path)).json()) as Body;
  const { value } = await get<{ value: number }>("/api/index");
  const { data } = await get<{ data: { value: number }[] }>("/api/sectors?limit=200");
  return [value, ...data.map((sector) => sector.value)].map((value) => price.format(value));
}

/** An expression that is true in a page which shows all of these. */
const shows = (prices: readonly string[]): string =>
  `${JSON.stringify(prices)}.every((price) => document.body.textContent.includes(price))`;

/** Simulated time since the start. */
async function simulatedHours(url: string): Promise<number> {
  const { time, start } = (await (await fetch(`${url}/api/simulation`)).json()) as { time: string; start: string };
  return (Date.parse(time) - Date.parse(start)) / 3_600_000;
}

/** True in a page that has fetched the market. */
const isFresh = "document.documentElement.dataset.feed === 'fresh'";

/** Resolves in a page once its next frame is drawn. */
const nextFrame = "new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))";

const frameMs = 1000 / 60;
const scriptShareMax = 0.3;

function format(name: string, eventsPerSecond: number, main: MainThread): string {
  const { spanMs, frames, frameCpuMs, otherCpuMs, cpuMs, scriptCpuMs, longTasks, taskCpuMsMax, taskMsMax } = main;
  const percentile = (share: number): number => frameCpuMs[Math.floor(share * (frameCpuMs.length - 1))] ?? Number.NaN;
  const percent = (ms: number): string => ((100 * ms) / spanMs).toFixed(1);
  // Tasks between two frames take their time from the frame.
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

async function measureViews(browser: TabbedChromium, tab: Tab, url: string, plan: Plan): Promise<string[]> {
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
        // The trace holds only tasks that have ended: on a busy machine a short one would have no whole frame.
        await tab.evaluate(nextFrame);
      });
      lines.push(format(name, eventsPerSecond, readMainThread(trace)));
    }
  } finally {
    socket.disconnect();
  }
  return lines;
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
async function measureReturn(
  browser: TabbedChromium,
  tab: Tab,
  url: string,
  control: Control,
  plan: Plan,
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
  // The answer to this request arrives after everything that was sent before the pause.
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

interface Sample {
  readonly hours: number;
  readonly heapMb: number;
  readonly nodes: number;
  readonly listeners: number;
}

/** Medians of a page without a leak differ by less; a page that kept the rows dropped from its logs grew by a third. */
const growthPercentMax = 10;
/** A reading includes what is pending until the next frame, so the smallest of several counts. */
const readings = 3;
const readingPauseMs = 100;
/** Keys that show all views between two samples, the first view last. */
const keys = ["2", "3", "4", "5", "1"];

async function press(tab: Tab, key: string): Promise<void> {
  await tab.evaluate(`document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "${key}", bubbles: true }))`);
  await tab.evaluate(nextFrame);
}

async function read(tab: Tab): Promise<Omit<Sample, "hours">> {
  await tab.send("HeapProfiler.collectGarbage");
  const { metrics } = await tab.send<{ metrics: { name: string; value: number }[] }>("Performance.getMetrics");
  const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return { heapMb: of("JSHeapUsedSize") / 1e6, nodes: of("Nodes"), listeners: of("JSEventListeners") };
}

async function sample(tab: Tab, hours: number): Promise<Sample> {
  const all = [await read(tab)];
  while (all.length < readings) {
    await wait(readingPauseMs);
    all.push(await read(tab));
  }
  const least = (of: (one: Omit<Sample, "hours">) => number): number => Math.min(...all.map(of));
  return {
    hours,
    heapMb: least(({ heapMb }) => heapMb),
    nodes: least(({ nodes }) => nodes),
    listeners: least(({ listeners }) => listeners),
  };
}

/** Growth from the second third of the samples to the last one: by then every buffer is full. */
function growthPercent(values: readonly number[]): number {
  const third = Math.ceil(values.length / 3);
  return 100 * (median(values.slice(-third)) / median(values.slice(-2 * third, -third)) - 1);
}

async function soak(tab: Tab, url: string, control: Control, plan: Plan): Promise<string[]> {
  await tab.send("Performance.enable");
  await control("speed", { speed: plan.soakSpeed });
  await control("play");
  const startedMs = performance.now();
  const begin = await simulatedHours(url);
  const samples: Sample[] = [];
  while (samples.length < plan.samples) {
    const next = begin + (plan.soakHours * (samples.length + 1)) / plan.samples;
    for (const key of keys) await press(tab, key);
    while ((await simulatedHours(url)) < next) await wait(50);
    samples.push(await sample(tab, (await simulatedHours(url)) - begin));
  }
  const wallMs = performance.now() - startedMs;
  const [first, middle, last] = [samples[0], samples[Math.floor(samples.length / 2)], samples.at(-1)];
  if (first === undefined || middle === undefined || last === undefined) throw new Error("no memory was sampled");
  const growth = growthPercent(samples.map(({ heapMb }) => heapMb));
  const nodes = growthPercent(samples.map((one) => one.nodes));
  const listeners = growthPercent(samples.map((one) => one.listeners));
  const isFlat = Math.max(growth, nodes, listeners) < growthPercentMax;
  const at = ({ hours, heapMb, nodes, listeners }: Sample): string =>
    `${hours.toFixed(2)} h ${heapMb.toFixed(1)} MB, ${nodes} nodes, ${listeners} listeners`;
  return [
    `memory over ${last.hours.toFixed(2)} simulated hours in ${(wallMs / 1000).toFixed(0)} s, all views in turn: ${at(first)}; ${at(middle)}; ${at(last)}`,
    `last third against the one before: heap ${growth.toFixed(1)} %, nodes ${nodes.toFixed(1)} %, listeners ${listeners.toFixed(1)} %: ${isFlat ? "met" : "MISSED"}`,
  ];
}

/** Hash of the prices at a fixed moment, once the page shows them. */
async function hashOf(tab: Tab, url: string, control: Control): Promise<string> {
  await control("seek", { to: 14_400 });
  const prices = await pricesOf(url);
  await tab.until(shows(prices));
  return createHash("sha256").update(prices.join("\n")).digest("hex");
}

export async function run(size: BenchSize): Promise<BenchResult> {
  const { path, absence } = findChromium({ withTabs: true });
  if (path === undefined) throw new CliError(exitCodes.couldNotStart, `The console cannot be measured: ${absence}.`);
  const plan = plans[size];
  const server = new BenchProcess<typeof import("./api-server.js").handlers>("api-server", 0);
  const browser = await TabbedChromium.launch();
  try {
    const { url, token } = await server.call("startMax", { port: 0, seed: "42", speed, store: ":memory:" });
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
