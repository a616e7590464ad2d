/**
 * Acts on what subscribers return: keeps the list of the slow ones, looks at them again as time passes, and closes
 * those that the policy gives up.
 */
import type { Logger } from "../core/logger.js";
import type { ResponsiveClock } from "../core/responsive-clock.js";
import { clearInterval, monotonicMs, setImmediate, setInterval } from "../core/timers.js";
import type { CounterSet } from "./counters.js";
import type { CloseReason } from "./slow-policy.js";
import type { Subscriber } from "./subscriber.js";
import type { WireBatch } from "./wire-batch.js";

export interface BackpressureOptions {
  readonly clock: ResponsiveClock;
  readonly counters: CounterSet;
  readonly logger: Logger;
}

const turnMs = 250;

export class BackpressureMonitor {
  readonly #options: BackpressureOptions;
  readonly #slow = new Set<Subscriber>();
  /** Whose pong is outstanding, the longest wait first. */
  readonly #awaitingPong = new Set<Subscriber>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BackpressureOptions) {
    this.#options = options;
  }

  /** Subscribers who are behind. */
  get slowCount(): number {
    return this.#slow.size;
  }

  start(): void {
    let lastMs = monotonicMs();
    this.#timer = setInterval(() => {
      const nowMs = monotonicMs();
      this.turn(nowMs - lastMs);
      lastMs = nowMs;
    }, turnMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#slow.clear();
    this.#awaitingPong.clear();
  }

  /** Hands a batch to a subscriber that may be behind. False when it did not get all of it; it has counted what it got. */
  deliver(subscriber: Subscriber, batch: WireBatch): boolean {
    const delivery = subscriber.deliver(batch);
    const isOver = delivery === "complete" || delivery === "partial";
    this.#follow(subscriber, isOver ? null : delivery);
    return delivery === "complete";
  }

  /** Lets time pass and looks again at everyone who is behind. */
  turn(elapsedMs: number): void {
    this.#options.clock.add(Math.min(elapsedMs, 2 * turnMs));
    for (const subscriber of this.#slow) this.#recheck(subscriber);
    for (const subscriber of this.#awaitingPong) if (!subscriber.noticePongLag()) break;
  }

  pingSent(subscriber: Subscriber): void {
    subscriber.pingSentMs = this.#options.clock.nowMs;
    this.#awaitingPong.add(subscriber);
  }

  pongReceived(subscriber: Subscriber): void {
    if (!this.#awaitingPong.delete(subscriber)) return;
    subscriber.pingSentMs = null;
    if (subscriber.isSlow) this.#recheck(subscriber);
  }

  forget(subscriber: Subscriber): void {
    this.#slow.delete(subscriber);
    this.#awaitingPong.delete(subscriber);
  }

  #recheck(subscriber: Subscriber): void {
    this.#follow(subscriber, subscriber.recheck());
  }

  #follow(subscriber: Subscriber, reason: CloseReason | null): void {
    if (reason !== null) this.#close(subscriber, reason);
    if (subscriber.isSlow) this.#slow.add(subscriber);
    else this.#slow.delete(subscriber);
  }

  #close(subscriber: Subscriber, reason: CloseReason): void {
    const { counters, logger } = this.#options;
    counters.slowClosed.add(reason);
    logger.info({ reason }, "closed a subscriber that was too slow");
    subscriber.abandon();
    // Not amid a batch: listeners of "disconnect" may send something to those who have not got it yet.
    setImmediate(() => subscriber.terminate());
  }
}
