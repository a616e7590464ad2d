/**
 * Does the load test report the latency that others see? A server, the load test's generator and an independent
 * receiver, each in a process of its own, on one monotonic clock; the same ticks, percentile against percentile. One
 * subscription of the receiver comes before the load test's, one after them.
 */
import { createHash } from "node:crypto";
import { prepareLoadtest, runPrepared } from "../../loadtest/index.js";
import type { Plan, Simulation } from "../../schemas/index.js";
import { startServerProcess } from "../server-process.js";
import { BenchProcess } from "./bench-process.js";
import { latenciesMs, percentileOf } from "./receiver.js";
import { type BenchResult, type BenchSize, cell } from "./report.js";

const percentiles = [50, 90, 99] as const;
const sizes = {
  tiny: { subscribers: [5], durationMs: 1000 },
  full: { subscribers: [1, 10, 100], durationMs: 20_000 },
} as const;
const serverFlags = ["--port", "0", "--store", ":memory:", "--tick-ms", "100", "--start", "2026-01-05T14:30:00Z"];

const receiverCore = 1;

async function loadtest(url: string, token: string, clients: number, durationMs: number, onWarmUp: () => void) {
  const stages: Plan["stages"] = [
    { kind: "ramp", durationMs: 100 },
    { kind: "hold", durationMs },
  ];
  const plan: Plan = { name: "agreement", description: "Thin subscribers alone.", clients, warmupMs: 1000, stages };
  const progress = { line: (line: string) => void (/ warm-up\b/.test(line) && onWarmUp()) };
  // Nobody reads its reports.
  const options = { plan, workers: 1, progress, commandLine: "", version: "" };
  return (await runPrepared(await prepareLoadtest(options), { url, token })).summary;
}

interface Agreement {
  readonly clients: number;
  readonly lost: number;
  readonly lines: readonly string[];
}

async function compare(clients: number, durationMs: number): Promise<Agreement> {
  const server = await startServerProcess(serverFlags);
  const receiver = new BenchProcess<typeof import("./receiver.js").handlers>("receiver", receiverCore);
  const subscribeOnce = () =>
    receiver.call("open", {
      port: Number(new URL(server.url).port),
      isSocketIo: true,
      subscribers: 1,
      recorded: "all",
    });
  try {
    await subscribeOnce();
    let last: Promise<unknown> = Promise.resolve();
    const summary = await loadtest(server.url, server.token, clients, durationMs, () => (last = subscribeOnce()));
    await last;
    const simulation = (await (await fetch(`${server.url}/api/simulation`)).json()) as Simulation;
    const seen = latenciesMs(await receiver.call("arrivals"), simulation, summary.ticks);
    const lines = percentiles.map((percentile) => {
      const reported = summary.spectrum.find((point) => point.percentile === percentile)?.latencyMs ?? Number.NaN;
      const independent = percentileOf(seen, percentile);
      const figures = [reported, independent, reported - independent].map((value) => cell(value, 2, 9));
      return `${cell(clients, 0, 11)}  ${`p${percentile}`.padEnd(4)} ${figures.join("    ")}`;
    });
    return { clients, lost: summary.deliveries.lost, lines };
  } finally {
    await receiver.stop();
    await server.stop();
  }
}

export async function run(size: BenchSize): Promise<BenchResult> {
  const { subscribers, durationMs } = sizes[size];
  const results: Agreement[] = [];
  for (const clients of subscribers) results.push(await compare(clients, durationMs));
  const checked = results.map(({ clients, lost }) => [clients, lost]);
  return {
    name: "agreement: latency as reported and as seen by a receiver in another process, milliseconds",
    lines: ["subscribers       reported  independent   difference", ...results.flatMap(({ lines }) => lines)],
    hash: createHash("sha256").update(JSON.stringify(checked)).digest("hex"),
  };
}
