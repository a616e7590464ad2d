/** Subscribers that are away by plan: what brings each back, and how long it took. */
import type { Subscriber } from "../clients/subscriber.js";
import type { ThinSubscriber } from "../clients/thin-subscriber.js";
import { LatencyHistogram } from "../core/histogram.js";
import { monotonicMs } from "../core/monotonic.js";

export class Absences {
  /** Of a drop. */
  dropped = 0;
  returned = 0;
  resumed = 0;
  /** From when one might be back until it was. */
  readonly back = new LatencyHistogram();
  /** Those that are away, with what brings them back. */
  readonly #away = new Map<Subscriber, NodeJS.Timeout>();
  /** When those may be back that are coming back. */
  readonly #returning = new Map<Subscriber, number>();
  /** Connections that have fallen silent by plan. */
  readonly #silent = new Set<Subscriber>();

  /** Calls `comeBack` after so long. */
  add(subscriber: Subscriber, offlineMs: number, comeBack: (subscriber: Subscriber) => void): void {
    const timer = setTimeout(() => {
      this.#away.delete(subscriber);
      if (!this.#returning.has(subscriber)) this.#returning.set(subscriber, monotonicMs());
      comeBack(subscriber);
    }, offlineMs);
    this.#away.set(subscriber, timer);
  }

  /** A connection that reads and answers nothing any more is closed once the server should have given it up. */
  keepSilent(subscriber: ThinSubscriber): void {
    this.#silent.add(subscriber);
    setTimeout(() => {
      this.#silent.delete(subscriber);
      subscriber.close();
    }, subscriber.silentMs).unref();
  }

  /** It is connected again: since when it might have been. Undefined for one that was not away. */
  takeDue(subscriber: Subscriber): number | undefined {
    const dueMs = this.#returning.get(subscriber);
    this.#returning.delete(subscriber);
    return dueMs;
  }

  /** It has returned from a drop. */
  count(backMs: number, isResumed: boolean): void {
    this.returned += 1;
    this.back.record(backMs);
    if (isResumed) this.resumed += 1;
  }

  forget(subscriber: Subscriber): void {
    clearTimeout(this.#away.get(subscriber));
    this.#away.delete(subscriber);
    this.#returning.delete(subscriber);
  }

  /** Nobody comes back any more. */
  windUp(): void {
    for (const timer of this.#away.values()) clearTimeout(timer);
  }

  closeSilent(): void {
    for (const subscriber of this.#silent) subscriber.close();
  }
}
