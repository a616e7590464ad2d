/**
 * Time by which connections may be judged: only what passes while the event loop is responsive.
 *
 * After a stall of the event loop every connection looks late, and none of them is to blame; so whoever drives the
 * clock adds a bounded time at each turn of a timer.
 */
import { setImmediate } from "./timers.js";

export class ResponsiveClock {
  #nowMs = 0;
  #turn = 0;
  #isTurnAwaited = false;

  /** Milliseconds in which the event loop was responsive. */
  get nowMs(): number {
    return this.#nowMs;
  }

  add(ms: number): void {
    this.#nowMs += ms;
  }

  /** A number that stays the same until the event loop has offered all sockets what waits for them. */
  currentTurn(): number {
    if (!this.#isTurnAwaited) {
      this.#isTurnAwaited = true;
      // Twice, because the first may come right after the poll phase that we are in.
      setImmediate(() =>
        setImmediate(() => {
          this.#turn += 1;
          this.#isTurnAwaited = false;
        }),
      );
    }
    return this.#turn;
  }
}
