/**
 * Latency against the timestamp in the payload: what there is to time a server by that nobody can regenerate.
 *
 * Records every delivery, and keeps beside them what tells whether the timestamps can be believed at all;
 * that is judged in the end, in payload-latency.ts. A timestamp is read once for each distinct content.
 */
import { LatencyHistogram } from "../core/histogram.js";
import { WallClock } from "../core/wall-clock.js";
import { readEmissionTimestamp } from "../oracle/timestamps.js";
import type { PayloadReport } from "./protocol.js";

export const slotMs = 250;

export class PayloadMeter {
  readonly #clock: WallClock;
  readonly #latency = new LatencyHistogram();
  /** From timestamp to first arrival, the least of each quarter of a second. */
  readonly #lags = new Map<number, number>();
  #areWholeSeconds = true;
  #contents = 0;
  #shiftMs = 0;

  constructor(clock = new WallClock()) {
    this.#clock = clock;
  }

  /** Added to each latency: they are recorded above zero while it is not known by how much the clocks differ. */
  shift(shiftMs: number): void {
    this.#shiftMs = shiftMs;
  }

  /** When an event was emitted, on the monotonic clock of this host; NaN where it does not say. */
  emittedMs(text: string): number {
    const timestamp = readEmissionTimestamp(text);
    if (timestamp === undefined) return Number.NaN;
    this.#contents += 1;
    if (!timestamp.isWholeSecond) this.#areWholeSeconds = false;
    return this.#clock.monotonicMsAt(timestamp.wallMs);
  }

  delivered(emittedMs: number, atMs: number, count: number): void {
    if (!Number.isNaN(emittedMs)) this.#latency.record(atMs - emittedMs + this.#shiftMs, count);
  }

  /** A measured content came to its first subscriber. */
  arrived(emittedMs: number, firstMs: number): void {
    if (Number.isNaN(emittedMs)) return;
    const slot = Math.floor(firstMs / slotMs);
    this.#lags.set(slot, Math.min(this.#lags.get(slot) ?? Infinity, firstMs - emittedMs));
  }

  /** Once a second. */
  refresh(): void {
    this.#clock.refresh();
  }

  report(): PayloadReport {
    return {
      contents: this.#contents,
      areWholeSeconds: this.#areWholeSeconds,
      latency: this.#latency.encode(),
      lags: [...this.#lags].toSorted(([a], [b]) => a - b),
      clockErrorMs: this.#clock.errorMs,
    };
  }
}
