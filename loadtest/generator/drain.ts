/** The end of a run: waits until every subscriber has got what it is owed, or nothing arrives any more. */
import type { Meter } from "./meter.js";
import type { ConnectionManager } from "./connection-manager.js";

const checkEveryMs = 20;
/**
 * Whoever has received nothing for so long gets nothing any more: three seconds, of which each was spent looking. By
 * the clock alone a process that was left standing would give up before it has read what had arrived meanwhile.
 */
const quietChecks = 3000 / checkEveryMs;

export class Drain {
  readonly #connections: ConnectionManager;
  readonly #meter: Meter;
  readonly #done: () => void;
  readonly #timer: NodeJS.Timeout;
  #deliveries = -1;
  #checksSince = 0;

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
    this.#checksSince += 1;
    if (this.#meter.deliveries !== this.#deliveries) {
      this.#deliveries = this.#meter.deliveries;
      this.#checksSince = 0;
    }
    if (this.#connections.pending > 0) return;
    if (this.#checksSince < quietChecks)
      for (const { matcher } of this.#connections.active) if (!matcher.isDone) return;
    this.stop();
    this.#done();
  }
}
