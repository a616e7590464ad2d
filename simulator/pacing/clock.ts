/** The clock that paces the simulator: injected, so that tests and `clock: "manual"` move it by hand. */

/** A monotonic clock with timers. */
export interface Clock {
  /** Nanoseconds since an arbitrary instant; never runs backwards. */
  nowNs(): bigint;
  /** Calls back once, not before `delayMs` have passed. Returns how to cancel it. */
  schedule(callback: () => void, delayMs: number): () => void;
}
