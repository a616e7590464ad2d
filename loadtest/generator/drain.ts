/** The end of a run: waits until every subscriber has got what it is owed, or nothing arrives any more. */
import { monotonicMs } from "../core/monotonic.js";
import type { Meter } from "./meter.js";
import type { Population } from "./connection-manager.js";

const checkEveryMs = 20;
/** Whoever has received nothing for so long gets nothing any more. */
const quietMs = 3000;

export class Drain {
  readonly #population: Population;
  readonly #meter: Meter;
  readonly #done: () => void;
  readonly #timer: NodeJS.Timeout;
  #deliveries = -1;
  #progressMs = 0;

  /** Begins to wait; `done` is called once. */
  constructor(population: Population, meter: Meter, done: () => void) {
    this.#population = population;
    this.#meter = meter;
    this.#done = done;
    this.#timer = setInterval(() => this.#check(), checkEveryMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    const nowMs = monotonicMs();
    if (this.#meter.deliveries !== this.#deliveries) {
      this.#deliveries = this.#meter.deliveries;
      this.#progressMs = nowMs;
    }
    if (this.#population.pending > 0) return;
    const isQuiet = nowMs - this.#progressMs > quietMs;
    if (!isQuiet) for (const { follower } of this.#population.active) if (!follower.isDone) return;
    this.stop();
    this.#done();
  }
}
