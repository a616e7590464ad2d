/** Subscribers that read slowly by plan: they stop reading now and then. */
import type { Subscriber } from "../clients/subscriber.js";
import type { GeneratorConfig } from "./protocol.js";

export class SlowReaders {
  readonly #plan: GeneratorConfig["slowReaders"];
  readonly #pauses = new Map<Subscriber, NodeJS.Timeout>();

  constructor(plan: GeneratorConfig["slowReaders"]) {
    this.#plan = plan;
  }

  get size(): number {
    return this.#pauses.size;
  }

  /** Whether the subscriber of this number is to be one: the share is spread evenly over the numbers. */
  isChosen(id: number): boolean {
    const share = this.#plan?.share ?? 0;
    return Math.floor((id + 1) * share) > Math.floor(id * share);
  }

  slowDown(subscriber: Subscriber): void {
    if (this.#plan === undefined) return;
    const { pauseMs, everyMs } = this.#plan;
    const timer = setInterval(() => {
      subscriber.pause();
      setTimeout(() => subscriber.resume(), pauseMs).unref();
    }, everyMs);
    this.#pauses.set(subscriber, timer);
  }

  quicken(subscriber: Subscriber): void {
    clearInterval(this.#pauses.get(subscriber));
    this.#pauses.delete(subscriber);
  }

  /** All read on: what lies unread in their sockets has arrived. */
  quickenAll(): void {
    for (const subscriber of this.#pauses.keys()) {
      this.quicken(subscriber);
      subscriber.resume();
    }
  }
}
