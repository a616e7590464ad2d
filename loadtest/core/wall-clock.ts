/**
 * This machine's wall clock against its monotonic one.
 *
 * `Date.now()` shows whole milliseconds, so it is read until it changes, a millisecond as a rule. And it is
 * read anew from time to time: the wall clock is slewed and stepped, which `performance.timeOrigin` never notices.
 */
import { monotonicMs } from "./monotonic.js";

/** What the wall clock shows at the monotonic clock's zero, and how far that may be off. */
export interface ClockOffset {
  readonly offsetMs: number;
  readonly errorMs: number;
}

const sharpMs = 0.05;
const readingMsMax = 20;

function readOffset(): ClockOffset {
  const startMs = monotonicMs();
  let lowMs = -Infinity;
  let highMs = Infinity;
  for (let afterMs = startMs; highMs - lowMs > sharpMs && afterMs - startMs < readingMsMax;) {
    const beforeMs = monotonicMs();
    const shownMs = Date.now();
    afterMs = monotonicMs();
    lowMs = Math.max(lowMs, shownMs - afterMs);
    highMs = Math.min(highMs, shownMs + 1 - beforeMs);
  }
  return { offsetMs: (lowMs + highMs) / 2, errorMs: Math.abs(highMs - lowMs) / 2 };
}

export class WallClock {
  /** The worst reading, or the largest change between two: what happened in between may be off by as much. */
  errorMs: number;
  readonly #read: () => ClockOffset;
  #offsetMs: number;

  constructor(read: () => ClockOffset = readOffset) {
    this.#read = read;
    const { offsetMs, errorMs } = read();
    this.#offsetMs = offsetMs;
    this.errorMs = errorMs;
  }

  refresh(): void {
    const { offsetMs, errorMs } = this.#read();
    this.errorMs = Math.max(this.errorMs, errorMs, Math.abs(offsetMs - this.#offsetMs));
    this.#offsetMs = offsetMs;
  }

  /** The instant on the monotonic clock at which the wall clock shows this. */
  monotonicMsAt(wallMs: number): number {
    return wallMs - this.#offsetMs;
  }
}
