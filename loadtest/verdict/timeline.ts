/** The summary's timeline: each second of a run in a few figures, its latencies in the classes of the heat map. */
import type { Summary, SummarySecond } from "../../schemas/index.js";
import { type MergedSecond, latencyOf } from "../generator/seconds.js";
import { LatencyHistogram } from "../core/histogram.js";
import { medianOf } from "../core/median.js";

/** Upper limits of the heat map's latency classes: six to a decade. */
export const heatLimitsMs: readonly number[] = [
  0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 2000,
  5000,
];

function heatOf(latency: LatencyHistogram): number[] {
  const heat = Array.from({ length: heatLimitsMs.length + 1 }, () => 0);
  for (const [valueMs, count] of latency.values()) {
    const place = heatLimitsMs.findIndex((limit) => valueMs <= limit);
    heat[place < 0 ? heatLimitsMs.length : place]! += count;
  }
  return heat;
}

/** The timeline so far, a second at a time. */
export class Timeline {
  readonly seconds: SummarySecond[] = [];
  /** All seconds together. */
  readonly latency = new LatencyHistogram();
  #deliveries = 0;

  /** The second's latencies are decoded, once: an hour's take a while. `requests` are those answered in it. */
  add(merged: MergedSecond, requests: number): SummarySecond {
    const { second, connected, deliveries, utilisation } = merged;
    const latency = latencyOf(merged);
    this.latency.add(latency);
    const { p50, p99, max } = latency.percentiles();
    const inSecond = Math.max(0, deliveries - this.#deliveries);
    this.#deliveries = Math.max(this.#deliveries, deliveries);
    const added = {
      second,
      connected,
      deliveries: inSecond,
      requests,
      p50,
      p99,
      max,
      utilisation,
      heat: heatOf(latency),
    };
    this.seconds.push(added);
    return added;
  }
}

/** `requests` are those answered in each second. */
export function describeTimeline(seconds: readonly MergedSecond[], requests: readonly number[]): Timeline {
  const timeline = new Timeline();
  for (const second of seconds) timeline.add(second, requests[second.second] ?? 0);
  return timeline;
}

const spectrumPercentiles = [0, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.9, 99.95, 99.99, 99.995, 99.999, 100];

/** The points of the curve by percentile; none where nothing was measured. */
export function spectrumOf(latency: LatencyHistogram): Summary["spectrum"] {
  if (latency.count === 0) return [];
  return spectrumPercentiles.map((percentile) => ({ percentile, latencyMs: latency.percentileMs(percentile) }));
}

/** Subscribers in a measured second, as a rule; at least one. */
export function medianConnected(timeline: readonly SummarySecond[]): number {
  const measured = timeline.filter(({ p50 }) => p50 !== null).map(({ connected }) => connected);
  return measured.length === 0 ? 1 : Math.max(1, medianOf(measured));
}
