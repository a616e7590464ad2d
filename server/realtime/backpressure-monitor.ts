/**
 * Who is behind, and how time passes for them.
 *
 * The surprise is the clock: it counts only time in which the event loop was responsive. After a stall
 * of the event loop every subscriber looks late, and none of them is to blame; so each turn of the watch
 * adds at most two of its own intervals.
 */
import type { Logger } from "../core/logger.js";
import type { CounterSet } from "./counters.js";
import type { SlowSubscriberPolicy } from "./slow-policy.js";
import type { Subscriber } from "./subscriber.js";
import { clearInterval, monotonicMs, setImmediate, setInterval } from "../core/timers.js";

export interface BackpressureMonitorOptions {
  readonly policy: SlowSubscriberPolicy;
  readonly counters: CounterSet;
  readonly logger: Logger;
  /** False under connection state recovery: an event sent late would move the client's offset back. */
  readonly mayConflate: boolean;
}

const turnMs = 250;

export class BackpressureMonitor {
  readonly policy: SlowSubscriberPolicy;
  readonly counters: CounterSet;
  readonly mayConflate: boolean;
  /** Subscribers who are behind. */
  readonly slow = new Set<Subscriber>();
  readonly #logger: Logger;
  /** Whose pong is outstanding, the longest wait first. */
  readonly #awaitingPong = new Set<Subscriber>();
  readonly #reported = new Set<string>();
  #responsiveMs = 0;
  #turn = 0;
  #isTurnAwaited = false;
  #timer: NodeJS.Timeout | undefined;

  constructor({ policy, counters, logger, mayConflate }: BackpressureMonitorOptions) {
    this.policy = policy;
    this.counters = counters;
    this.mayConflate = mayConflate;
    this.#logger = logger;
  }

  /** Milliseconds in which the event loop was responsive. */
  get responsiveMs(): number {
    return this.#responsiveMs;
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
    this.slow.clear();
    this.#awaitingPong.clear();
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

  /** Lets time pass and looks again at everyone who is behind. */
  turn(elapsedMs: number): void {
    this.#responsiveMs += Math.min(elapsedMs, 2 * turnMs);
    for (const subscriber of this.slow) subscriber.recheck();
    for (const subscriber of this.#awaitingPong) if (!subscriber.noticePongLag()) break;
  }

  pingSent(subscriber: Subscriber): void {
    subscriber.pingSentMs = this.#responsiveMs;
    this.#awaitingPong.add(subscriber);
  }

  pongReceived(subscriber: Subscriber): void {
    if (!this.#awaitingPong.delete(subscriber)) return;
    subscriber.pingSentMs = null;
    if (this.slow.has(subscriber)) subscriber.recheck();
  }

  forget(subscriber: Subscriber): void {
    this.slow.delete(subscriber);
    this.#awaitingPong.delete(subscriber);
  }

  /** A connection that cannot be written to directly; each member is reported once. */
  reportMissing(member: string): void {
    if (this.#reported.has(member)) return;
    this.#reported.add(member);
    this.#logger.warn(
      { member },
      "a member of Socket.IO, Engine.IO or ws is missing; such connections get the stock path",
    );
  }

  reportClosed(reason: string): void {
    this.counters.slowClosed.add(reason);
    this.#logger.info({ reason }, "closed a subscriber that was too slow");
  }
}
