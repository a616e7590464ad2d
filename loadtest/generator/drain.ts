/** The end of a run: waits until every subscriber has got what it is owed, or nothing arrives any more. */
import { monotonicMs } from "../core/monotonic.js";
import type { Meter } from "./meter.js";
import type { ConnectionManager } from "./connection-manager.js";

const checkEveryMs = 20;
/** Whoever has received nothing for so long gets nothing any more. */
const quietMs = 3000;

export class Drain {
  readonly #connections: ConnectionManager;
  readonly #meter: Meter;
  readonly #done: () => void;
  readonly #timer: NodeJS.Timeout;
  #deliveries = -1;
  #progressMs = 0;

  /** Begins to wait; `done` is called once. */
  constructor(connections: ConnectionManager, meter: Meter, done: () => void) {
    this.#connections = connections;
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
    if (this.#connections.pending > 0) return;
    const isQuiet = nowMs - this.#progressMs > quietMs;
    if (!isQuiet) for (const { matcher } of this.#connections.active) if (!matcher.isDone) return;
    this.stop();
    this.#done();
  }
}
