/** Runs with a planted speed: ticks whose latencies drift, meet busy spells and have a long tail, as on a shared machine. */
import { createStream } from "../../simulator/random/stream.js";
import { LatencyHistogram } from "../core/histogram.js";
import type { RunSet } from "./read-runs.js";
import { RunLatencies } from "./run-latencies.js";

export interface SyntheticRun {
  readonly seed: string;
  readonly seconds: number;
  /** Times as slow as 5 ms. @default 1 */
  readonly factor?: number;
}

const ticksPerSecond = 4;
const deliveriesPerTick = 40;
/** Of the natural logarithm: two runs of one build differ by more than 10 % once in 20. */
const runDeviation = 0.034;

function makeLatencies({ seed, seconds, factor = 1 }: SyntheticRun): RunLatencies {
  const stream = createStream(seed, "synthetic", "run", "latency");
  const latencies = new RunLatencies();
  const run = Math.exp(stream.normal() * runDeviation);
  const latency = new LatencyHistogram();
  let drift = stream.normal();
  for (let second = 0; second < seconds; second += 1) {
    // Correlated over a few seconds.
    drift = 0.6 * drift + 0.8 * stream.normal();
    latency.reset();
    for (let tick = 0; tick < ticksPerSecond; tick += 1) {
      const stall = stream.uniform() < 0.03 ? 5 * stream.uniform() : 1;
      const tickMs = 5 * factor * run * Math.exp(0.1 * drift + 0.15 * stream.normal()) * Math.max(1, stall);
      for (let delivery = 0; delivery < deliveriesPerTick; delivery += 1)
        latency.record(tickMs * (1 + 0.5 * stream.uniform()));
    }
    latencies.add(second, latency);
  }
  return latencies;
}

/** Runs of one build; what their summaries have can be changed. */
export function makeRuns(runs: readonly SyntheticRun[], changes: Readonly<Record<string, unknown>> = {}): RunSet {
  const summary = { verdict: "PASS", target: { oracle: "regenerated" }, ...changes };
  return { folder: "reports", runs: runs.map((run) => ({ summary, latencies: makeLatencies(run) })) };
}
