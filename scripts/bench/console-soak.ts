/** Many simulated hours at high speed: what the page holds after each, with its garbage collected. */
import { setTimeout as wait } from "node:timers/promises";
import type { Tab } from "./chromium.js";
import { type Control, simulatedHours } from "./console-market.js";
import { median } from "../realism/statistics.js";

export interface SoakPlan {
  readonly soakHours: number;
  readonly soakSpeed: number;
  readonly samples: number;
}

interface Sample {
  readonly hours: number;
  readonly heapMb: number;
  readonly nodes: number;
  readonly listeners: number;
}

/** Medians of a page that keeps nothing differ by less; one that keeps what left its logs grew by a third and more. */
const growthPercentMax = 10;
/** What is on its way from one drawing to the next is counted, too: the least of several is what is kept. */
const readings = 3;
const readingPauseMs = 100;
/** All views are gone through between two samples, which are taken at the first. */
const keys = ["2", "3", "4", "5", "1"];

async function press(tab: Tab, key: string): Promise<void> {
  await tab.evaluate(`document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "${key}", bubbles: true }))`);
  await tab.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))");
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

/** The last third against the one before it: by then every bound has been reached. */
function growthPercent(values: readonly number[]): number {
  const third = Math.ceil(values.length / 3);
  return 100 * (median(values.slice(-third)) / median(values.slice(-2 * third, -third)) - 1);
}

export async function soak(tab: Tab, url: string, control: Control, plan: SoakPlan): Promise<string[]> {
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
  const [first] = samples;
  const last = samples[samples.length - 1];
  const growth = growthPercent(samples.map(({ heapMb }) => heapMb));
  const nodes = growthPercent(samples.map((one) => one.nodes));
  const listeners = growthPercent(samples.map((one) => one.listeners));
  const isFlat = Math.max(growth, nodes, listeners) < growthPercentMax;
  const at = ({ hours, heapMb, nodes, listeners }: Sample): string =>
    `${hours.toFixed(2)} h ${heapMb.toFixed(1)} MB, ${nodes} nodes, ${listeners} listeners`;
  return [
    `memory over ${last.hours.toFixed(2)} simulated hours in ${(wallMs / 1000).toFixed(0)} s, all views in turn: ${at(first)}; ${at(samples[Math.floor(samples.length / 2)])}; ${at(last)}`,
    `last third against the one before: heap ${growth.toFixed(1)} %, nodes ${nodes.toFixed(1)} %, listeners ${listeners.toFixed(1)} %: ${isFlat ? "met" : "MISSED"}`,
  ];
}
