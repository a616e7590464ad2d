/**
 * When, at the earliest, something that is read now can have arrived at this machine.
 *
 * A generator with much to read takes one socket after the other: what it reads last has waited for it in the kernel, and
 * the latency that it measures has its own time in it. How long that was at most is known, for each turn of the event loop
 * takes all that has arrived by then: what is left for a turn came after the one before, and after the loop was last idle.
 *
 * Invariant: never later than the true arrival, but for the time that the system takes to wake a sleeping process.
 */
import { performance } from "node:perf_hooks";
import { monotonicMs } from "../core/monotonic.js";

/** A poll that finds something at once takes microseconds, which are idle time to the loop. */
const sleepMsMin = 0.05;

/** What was read longer ago was held, and is judged now. */
const heldMsMin = 1;

/** What the bound is made of: the present, and how long the loop has slept so far. */
export interface LoopTimes {
  nowMs(): number;
  /** Milliseconds. */
  idleMs(): number;
}

const loopTimes: LoopTimes = { nowMs: monotonicMs, idleMs: () => performance.nodeTiming.idleTime };

export class ArrivalBound {
  readonly #times: LoopTimes;
  /** Something was read in this turn. */
  #isReading = false;
  #boundMs = -Infinity;
  /** When this turn, and then the one before, began to read. */
  #readingMs = -Infinity;
  /** When the last turn that read something was over, and how long the loop had slept by then. */
  #restMs: number;
  #restIdleMs: number;
  /** Of a loop that stays awake: when its last two turns were over. */
  #askedMs = -Infinity;
  #askedBeforeMs = -Infinity;

  constructor(times: LoopTimes = loopTimes) {
    this.#times = times;
    this.#restMs = times.nowMs();
    this.#restIdleMs = times.idleMs();
  }

  /** To be called for each delivery while it is read, with the instant of that. */
  earliestMs(atMs: number): number {
    if (!this.#isReading) {
      if (this.#times.nowMs() - atMs > heldMsMin) return atMs;
      this.#begin(atMs);
    }
    return Math.min(atMs, this.#boundMs);
  }

  /** A turn of a loop that stays awake is over: what has arrived by now is read in the next. */
  asked(atMs: number): void {
    this.#askedBeforeMs = this.#askedMs;
    this.#askedMs = atMs;
  }

  #begin(atMs: number): void {
    this.#isReading = true;
    const sleptMs = this.#times.idleMs() - this.#restIdleMs;
    const awakeMs = atMs - this.#restMs - sleptMs;
    // It slept after the last turn: at the latest so long ago as it was awake since.
    const boundMs = sleptMs > sleepMsMin ? atMs - Math.max(0, awakeMs) : this.#readingMs;
    this.#boundMs = Math.max(boundMs, this.#askedBeforeMs);
    this.#readingMs = atMs;
    setImmediate(this.#end);
  }

  readonly #end = (): void => {
    this.#isReading = false;
    this.#restMs = this.#times.nowMs();
    this.#restIdleMs = this.#times.idleMs();
  };
}
