/** Goes from one number to another, evenly over a time. */
import { monotonicMs } from "../core/monotonic.js";

const stepMs = 20;

export class Ramp {
  readonly #reach: (count: number) => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param reach told each number on the way, the last one included */
  constructor(reach: (count: number) => void) {
    this.#reach = reach;
  }

  /** Takes the first step at once; all of them where there is no time. */
  go(from: number, to: number, overMs: number): void {
    this.stop();
    const startMs = monotonicMs();
    const step = (): void => {
      const share = overMs <= 0 ? 1 : Math.min(1, (monotonicMs() - startMs) / overMs);
      this.#reach(Math.round(from + (to - from) * share));
      if (share >= 1) this.stop();
    };
    if (overMs > 0) this.#timer = setInterval(step, stepMs);
    step();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
