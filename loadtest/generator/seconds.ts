/**
 * The seconds of a run, merged from what each generator reports of its own.
 *
 * Latencies stay as they came, encoded: the seconds of an hour, kept as histograms, would take 340 MB.
 */
import { LatencyHistogram } from "../core/histogram.js";
import type { SecondReport } from "./protocol.js";

/** One second of the run over all generators. */
export interface MergedSecond {
  readonly second: number;
  /** A histogram of each generator that received something, encoded: `latencyOf` merges them. */
  readonly latencies: string[];
  connected: number;
  /** Since the start of the run. */
  deliveries: number;
  utilisation: number;
  rssBytes: number;
  faults: number;
  /** Generators that have reported it. */
  reports: number;
}

/** Decoded and merged anew by each call; empty where nothing was received. */
export function latencyOf({ latencies }: Pick<MergedSecond, "latencies">): LatencyHistogram {
  return LatencyHistogram.merge(latencies);
}

export class Seconds {
  readonly list: MergedSecond[] = [];
  readonly #generators: number;

  constructor(generators: number) {
    this.#generators = generators;
  }

  /** Takes a report; returns its second once every generator has reported it. */
  merge(report: SecondReport): MergedSecond | undefined {
    const merged = (this.list[report.second] ??= {
      second: report.second,
      latencies: [],
      connected: 0,
      deliveries: 0,
      utilisation: 0,
      rssBytes: 0,
      faults: 0,
      reports: 0,
    });
    if (report.latency !== null) merged.latencies.push(report.latency);
    merged.connected += report.connected;
    merged.deliveries += report.deliveries;
    merged.faults += report.faults;
    merged.utilisation = Math.max(merged.utilisation, report.utilisation);
    merged.rssBytes = Math.max(merged.rssBytes, report.rssBytes);
    merged.reports += 1;
    return merged.reports === this.#generators ? merged : undefined;
  }
}
