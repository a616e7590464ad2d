/**
 * The subscribers of one generator: how many there are, who comes, who goes.
 *
 * Invariant: at most `connectingMax` are connecting at once, so that a ramp measures the server and
 * not the length of its accept queue.
 */
import { ControlSubscriber } from "../clients/control-subscriber.js";
import { type UpgradeRequest, createUpgradeRequest } from "../clients/handshake.js";
import type { DeliveryEvents, Subscriber, SubscriberEvents, SubscriberKind } from "../clients/subscriber.js";
import { ThinSubscriber } from "../clients/thin-subscriber.js";
import { LatencyHistogram } from "../core/histogram.js";
import { monotonicMs } from "../core/monotonic.js";
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import { ReasonCounts } from "../core/reason-counts.js";
import type { GeneratorConfig } from "./protocol.js";
import { Turns, addressOf } from "./shares.js";

const rampStepMs = 20;
/**
 * Looks at each that is connecting before it is refused. Looks are counted, not time: a process that was
 * suspended has looked once, and nobody waited for it meanwhile.
 */
const sessionLooks = 20;

/** Errors of the system that the generator runs on. */
const shortage = /EMFILE|ENFILE|EADDRNOTAVAIL|ENOBUFS/;

/** What became of the subscribers of one target, as numbers. */
interface AddressCounts {
  dropped: number;
  refused: number;
}

interface Connecting {
  readonly sinceMs: number;
  looks: number;
}

export class ConnectionManager {
  /** All that ever connected, in order; their accounts are closed at the end. */
  readonly everyone: Subscriber[] = [];
  readonly active = new Set<Subscriber>();
  readonly refusals = new ReasonCounts();
  readonly drops = new ReasonCounts();
  /** What this system had no room for: neither refused nor dropped by the server. */
  readonly shortages = new ReasonCounts();
  readonly connectTimes = new LatencyHistogram();
  readonly kinds: Record<SubscriberKind, number> = { thin: 0, websocket: 0, polling: 0 };
  /** Planned slow readers among the active ones. */
  slow = 0;
  /** Subscriptions that came to be. */
  opened = 0;
  readonly #config: GeneratorConfig;
  /** By target. */
  readonly addresses: readonly AddressCounts[];
  readonly #requests: readonly UpgradeRequest[];
  /** Targets in turn. The slow readers have turns of their own: each address has its share of them. */
  readonly #turns: { readonly usual: Turns; readonly slow: Turns };
  readonly #follow: (id: number, slow: boolean) => StreamMatcher;
  readonly #events: SubscriberEvents;
  readonly #present = new Set<Subscriber>();
  readonly #connecting = new Map<Subscriber, Connecting>();
  readonly #waiting = new Set<Subscriber>();
  readonly #pauses = new Map<Subscriber, NodeJS.Timeout>();
  readonly #looking: NodeJS.Timeout;
  #nextId = 0;
  #ramp: NodeJS.Timeout | undefined;

  constructor(
    config: GeneratorConfig,
    follow: (id: number, slow: boolean) => StreamMatcher,
    deliveries: DeliveryEvents,
  ) {
    this.#config = config;
    this.#follow = follow;
    const { targets, firstTarget } = config;
    this.addresses = targets.map(() => ({ dropped: 0, refused: 0 }));
    this.#requests = targets.map(createUpgradeRequest);
    this.#turns = {
      usual: new Turns(targets.length, firstTarget),
      slow: new Turns(targets.length, firstTarget),
    };
    this.#events = {
      connected: (subscriber, atMs) => this.#connected(subscriber, atMs),
      refused: (subscriber, reason) => this.#refused(subscriber, reason),
      dropped: (subscriber, reason) => this.#dropped(subscriber, reason),
      delivered: (matcher, batch, from, count, atMs) => deliveries.delivered(matcher, batch, from, count, atMs),
      judged: (matcher, results) => deliveries.judged(matcher, results),
      violated: (violation) => deliveries.violated(violation),
    };
    this.#looking = setInterval(() => this.#refuseHanging(), config.sessionTimeoutMs / sessionLooks);
  }

  /** Goes to a number of subscribers, evenly over the time. */
  goTo(count: number, overMs: number): void {
    clearInterval(this.#ramp);
    const from = this.#present.size;
    const startMs = monotonicMs();
    const step = (): void => {
      const share = overMs <= 0 ? 1 : Math.min(1, (monotonicMs() - startMs) / overMs);
      this.#adjust(Math.round(from + (count - from) * share));
      if (share >= 1) clearInterval(this.#ramp);
    };
    if (overMs > 0) this.#ramp = setInterval(step, rampStepMs);
    step();
  }

  /** Closes some and opens as many. */
  replace(count: number): void {
    const before = this.#present.size;
    this.#adjust(Math.max(0, before - count));
    this.#adjust(before);
  }

  /** Whoever the server forgot to ping counts as dropped. */
  checkHeartbeats(nowMs: number): void {
    for (const subscriber of this.active) subscriber.isAlive(nowMs);
  }

  /** Those that are not there and will not be. */
  get lost(): number {
    return this.refusals.total + this.drops.total + this.shortages.total;
  }

  /** Those who have no session yet and have not been refused one. */
  get pending(): number {
    return this.#waiting.size + this.#connecting.size;
  }

  refusePending(reason: string): void {
    const pending = [...this.#waiting, ...this.#connecting.keys()];
    this.#waiting.clear();
    for (const subscriber of pending) this.#refuse(subscriber, reason);
  }

  /**
   * The run is over. Slow readers read on: what lies unread in their sockets has arrived. Of a run that ended
   * early, those who have no session yet are as if they had never been asked for.
   */
  windUp(isEarly: boolean): void {
    for (const subscriber of this.#pauses.keys()) {
      this.#quicken(subscriber);
      subscriber.resume();
    }
    if (!isEarly) return;
    clearInterval(this.#ramp);
    for (const subscriber of [...this.#waiting, ...this.#connecting.keys()]) this.#remove(subscriber);
  }

  closeAll(): void {
    clearInterval(this.#ramp);
    clearInterval(this.#looking);
    for (const subscriber of this.#present) this.#remove(subscriber);
  }

  #adjust(count: number): void {
    while (this.#present.size < count) this.#add();
    for (const subscriber of this.#present) {
      if (this.#present.size <= count) break;
      if (subscriber.kind === "thin" || this.#present.size <= this.#controls()) this.#leave(subscriber);
    }
    this.#connectNext();
  }

  #controls(): number {
    return this.#config.control.websocket + this.#config.control.polling;
  }

  #add(): void {
    const id = this.#nextId++;
    const { control, slowReaders, sources, targets } = this.#config;
    const isControl = id < control.websocket + control.polling;
    const slow = !isControl && slowReaders !== undefined && isChosen(id, slowReaders.share);
    const matcher = this.#follow(id, slow);
    const address = (slow ? this.#turns.slow : this.#turns.usual).take();
    matcher.address = address;
    const subscriber = isControl
      ? new ControlSubscriber(
          id < control.websocket ? "websocket" : "polling",
          targets[address]!,
          matcher,
          this.#events,
        )
      : new ThinSubscriber(this.#requests[address]!, matcher, this.#events, addressOf(id, sources));
    this.#present.add(subscriber);
    this.#waiting.add(subscriber);
  }

  #connectNext(): void {
    for (const subscriber of this.#waiting) {
      if (this.#connecting.size >= this.#config.connectingMax) return;
      this.#waiting.delete(subscriber);
      this.#connecting.set(subscriber, { sinceMs: monotonicMs(), looks: 0 });
      subscriber.open();
    }
  }

  #connected(subscriber: Subscriber, atMs: number): void {
    this.connectTimes.record(atMs - (this.#connecting.get(subscriber)?.sinceMs ?? atMs));
    this.#connecting.delete(subscriber);
    this.opened += 1;
    this.kinds[subscriber.kind] += 1;
    this.everyone.push(subscriber);
    this.active.add(subscriber);
    subscriber.matcher.connected(atMs);
    if (subscriber.matcher.slow) this.#slowDown(subscriber);
    this.#connectNext();
  }

  #refused(subscriber: Subscriber, reason: string): void {
    const isShortage = shortage.test(reason);
    (isShortage ? this.shortages : this.refusals).add(reason);
    if (!isShortage) this.addresses[subscriber.matcher.address]!.refused += 1;
    this.#connecting.delete(subscriber);
    this.#connectNext();
  }

  #refuseHanging(): void {
    for (const [subscriber, connecting] of this.#connecting) {
      connecting.looks += 1;
      if (connecting.looks > sessionLooks)
        this.#refuse(subscriber, `no session within ${this.#config.sessionTimeoutMs / 1000} s`);
    }
  }

  #refuse(subscriber: Subscriber, reason: string): void {
    subscriber.close();
    this.#refused(subscriber, reason);
  }

  #dropped(subscriber: Subscriber, reason: string): void {
    const isShortage = shortage.test(reason);
    (isShortage ? this.shortages : this.drops).add(reason);
    if (!isShortage) this.addresses[subscriber.matcher.address]!.dropped += 1;
    subscriber.matcher.cutOff();
    this.active.delete(subscriber);
    this.#quicken(subscriber);
  }

  /** Ends a subscription by plan: what came so far is its account. */
  #leave(subscriber: Subscriber): void {
    const wasActive = this.active.has(subscriber);
    this.#remove(subscriber);
    if (!wasActive) return;
    this.#events.judged(subscriber.matcher, subscriber.matcher.leave());
  }

  #remove(subscriber: Subscriber): void {
    this.#present.delete(subscriber);
    this.#waiting.delete(subscriber);
    this.#connecting.delete(subscriber);
    this.active.delete(subscriber);
    this.#quicken(subscriber);
    subscriber.close();
  }

  #slowDown(subscriber: Subscriber): void {
    const pauses = this.#config.slowReaders;
    if (pauses === undefined) return;
    const timer = setInterval(() => {
      subscriber.pause();
      setTimeout(() => subscriber.resume(), pauses.pauseMs).unref();
    }, pauses.everyMs);
    this.#pauses.set(subscriber, timer);
    this.slow += 1;
  }

  #quicken(subscriber: Subscriber): void {
    clearInterval(this.#pauses.get(subscriber));
    if (this.#pauses.delete(subscriber)) this.slow -= 1;
  }
}

/** Spreads a share evenly over the ids. */
function isChosen(id: number, share: number): boolean {
  return Math.floor((id + 1) * share) > Math.floor(id * share);
}
