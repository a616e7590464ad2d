/**
 * The subscribers of one generator: how many there are, who comes, who goes.
 *
 * Invariant: at most `connectingMax` are connecting at once, so that a ramp measures the server and
 * not the length of its accept queue.
 */
import { ControlSubscriber } from "../clients/control-subscriber.js";
import { type UpgradeRequest, createUpgradeRequest } from "../clients/handshake.js";
import type {
  DeliveryEvents,
  DropManner,
  RecoverySession,
  Subscriber,
  SubscriberEvents,
} from "../clients/subscriber.js";
import { ThinSubscriber } from "../clients/thin-subscriber.js";
import { LatencyHistogram } from "../core/histogram.js";
import { monotonicMs } from "../core/monotonic.js";
import type { SubscriberKind } from "../oracle/subscriber-kind.js";
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import { ReasonCounts } from "../core/reason-counts.js";
import { Absences } from "./absences.js";
import { KeptSubscribers } from "./kept-subscribers.js";
import type { GeneratorConfig } from "./protocol.js";
import { Ramp } from "./ramp.js";
import { Restarts } from "./restarts.js";
import { SlowReaders } from "./slow-readers.js";
import { Turns, addressOf } from "./shares.js";

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

/** A matcher for a subscriber's next connection; `before` is that of the last one. */
type Follow = (id: number, slow: boolean, before?: StreamMatcher) => StreamMatcher;

interface Connecting {
  readonly sinceMs: number;
  looks: number;
}

export class ConnectionManager {
  /** By number all that ever connected, each by its last connection; their accounts are closed at the end. */
  readonly #everyone = new Map<number, Subscriber>();
  /** Connections before the last of their subscribers, on a stream that is settled later. */
  earlier: StreamMatcher[] = [];
  readonly absences = new Absences();
  readonly restarts = new Restarts();
  readonly active = new Set<Subscriber>();
  readonly refusals = new ReasonCounts();
  readonly drops = new ReasonCounts();
  /** What this system had no room for: neither refused nor dropped by the server. */
  readonly shortages = new ReasonCounts();
  readonly connectTimes = new LatencyHistogram();
  readonly kinds: Record<SubscriberKind, number> = { thin: 0, websocket: 0, polling: 0 };
  /** Thin ones for which permessage-deflate was agreed. */
  compressed = 0;
  readonly slowReaders: SlowReaders;
  /** Subscriptions that came to be. */
  opened = 0;
  readonly #config: GeneratorConfig;
  /** Stock clients among the first. */
  readonly #controls: number;
  /** By target. */
  readonly addresses: readonly AddressCounts[];
  readonly #requests: readonly UpgradeRequest[];
  /** Targets in turn. The slow readers have turns of their own: each address has its share of them. */
  readonly #turns: { readonly usual: Turns; readonly slow: Turns };
  readonly #follow: Follow;
  readonly #events: SubscriberEvents;
  readonly #present = new Set<Subscriber>();
  readonly #connecting = new Map<Subscriber, Connecting>();
  readonly #waiting = new Set<Subscriber>();
  readonly #looking: NodeJS.Timeout;
  readonly #kept: KeptSubscribers;
  /** Those that stay connected when the run is over. */
  #staying: ReadonlySet<Subscriber> = new Set();
  #nextId = 0;
  /** The run is over: nobody comes back any more. */
  #isOver = false;
  readonly #ramp = new Ramp((count) => this.#adjust(count));

  /** @param kept those that stayed connected when the run before was over */
  constructor(config: GeneratorConfig, follow: Follow, deliveries: DeliveryEvents, kept: readonly Subscriber[] = []) {
    this.#config = config;
    this.#controls = config.control.websocket + config.control.polling;
    this.#follow = follow;
    this.#kept = new KeptSubscribers(kept);
    this.slowReaders = new SlowReaders(config.slowReaders);
    const { targets, firstTarget } = config;
    this.addresses = targets.map(() => ({ dropped: 0, refused: 0 }));
    this.#requests = targets.map((target) => createUpgradeRequest(target, config.compression));
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
    if (this.#kept.size > 0) this.#adjust(Math.min(count, this.#kept.size));
    this.#kept.closeRest();
    this.#ramp.go(this.#present.size, count, overMs);
  }

  /** Closes some and opens as many. */
  replace(count: number): void {
    const before = this.#present.size;
    this.#adjust(Math.max(0, before - count));
    this.#adjust(before);
  }

  /** Lets go of connections that are over before a tick, with nothing left to decide. */
  forget(beforeTick: number): void {
    this.earlier = this.earlier.filter(({ receiver }) => !receiver.isOverBefore(beforeTick));
  }

  get everyone(): Subscriber[] {
    return [...this.#everyone.values()];
  }

  /** Cuts some of the thin ones off, those first that were longest there, and lets them come back. */
  drop(count: number, offlineMs: number, how: DropManner): void {
    const chosen = [...this.active].filter((one) => one instanceof ThinSubscriber).slice(0, count);
    for (const subscriber of chosen) this.#cutOff(subscriber, offlineMs, how);
  }

  #cutOff(subscriber: ThinSubscriber, offlineMs: number, how: DropManner): void {
    this.restarts.endAbsence(subscriber.matcher.id);
    subscriber.vanish(how);
    if (how === "silent") this.absences.keepSilent(subscriber);
    this.absences.dropped += 1;
    this.#sendAway(subscriber, offlineMs, how === "goodbye" ? undefined : subscriber.session);
  }

  /** It is no longer there, and comes back after so long, as the same subscriber. */
  #sendAway(subscriber: Subscriber, offlineMs: number, session?: RecoverySession): void {
    const { matcher } = subscriber;
    this.active.delete(subscriber);
    this.#present.delete(subscriber);
    this.slowReaders.quicken(subscriber);
    this.#events.judged(matcher, matcher.interrupt());
    if (this.#config.learning) this.earlier.push(matcher);
    this.#returnAfter(this.#create(this.#follow(matcher.id, matcher.slow, matcher), session), offlineMs);
  }

  #returnAfter(next: Subscriber, offlineMs: number): void {
    this.#present.add(next);
    this.#everyone.set(next.matcher.id, next);
    this.absences.add(next, offlineMs, () => {
      this.#waiting.add(next);
      this.#connectNext();
    });
  }

  #create(matcher: StreamMatcher, session?: RecoverySession): Subscriber {
    const { targets, sources } = this.#config;
    const { kind, address, id } = matcher;
    return kind === "thin"
      ? new ThinSubscriber(this.#requests[address]!, matcher, this.#events, addressOf(id, sources), session)
      : new ControlSubscriber(kind, targets[address]!, matcher, this.#events);
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

  /** The run is over. Of one that ended early, those who have no session yet are as if they had never been asked for. */
  windUp(isEarly: boolean): void {
    this.absences.windUp();
    this.#isOver = true;
    this.slowReaders.quickenAll();
    if (!isEarly) return;
    this.#ramp.stop();
    for (const subscriber of [...this.#waiting, ...this.#connecting.keys()]) this.#remove(subscriber);
  }

  /** Closes all but those that stay. */
  closeAll(): void {
    this.#ramp.stop();
    clearInterval(this.#looking);
    for (const subscriber of this.#present) if (!this.#staying.has(subscriber)) this.#remove(subscriber);
    this.absences.closeSilent();
  }

  /** Has those stay that have received everything. Returns their matchers. */
  keep(): StreamMatcher[] {
    this.#staying = new Set([...this.active].filter(({ matcher }) => matcher.isDone));
    return [...this.#staying].map(({ matcher }) => matcher);
  }

  /** Closes those that have stayed. */
  leave(): void {
    for (const subscriber of this.handOver()) subscriber.close();
  }

  /** Those that have stayed, and are still connected: they belong to the caller now. */
  handOver(): Subscriber[] {
    const staying = [...this.#staying].filter((subscriber) => this.active.has(subscriber));
    this.#staying = new Set();
    return staying;
  }

  #adjust(count: number): void {
    while (this.#present.size < count) this.#add();
    for (const subscriber of this.#present) {
      if (this.#present.size <= count) break;
      if (subscriber.kind === "thin" || this.#present.size <= this.#controls) this.#leave(subscriber);
    }
    this.#connectNext();
  }

  #add(): void {
    const id = this.#nextId++;
    const isControl = id < this.#controls;
    const slow = !isControl && this.slowReaders.isChosen(id);
    const matcher = this.#follow(id, slow);
    const address = (slow ? this.#turns.slow : this.#turns.usual).take();
    matcher.address = address;
    if (isControl) matcher.kind = id < this.#config.control.websocket ? "websocket" : "polling";
    const kept = this.#kept.take(matcher);
    if (kept !== undefined) return this.#takeOver(kept, matcher);
    const subscriber = this.#create(matcher);
    this.#present.add(subscriber);
    this.#waiting.add(subscriber);
  }

  /** It has been connected since a run before. */
  #takeOver(subscriber: Subscriber, matcher: StreamMatcher): void {
    matcher.takeOver(subscriber.matcher, monotonicMs());
    subscriber.rebind(matcher, this.#events);
    this.#present.add(subscriber);
    this.#subscribed(subscriber);
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
    const { matcher } = subscriber;
    const dueMs = this.absences.takeDue(subscriber);
    const sinceMs = this.#connecting.get(subscriber)?.sinceMs ?? atMs;
    this.#connecting.delete(subscriber);
    if (dueMs === undefined) {
      this.connectTimes.record(atMs - sinceMs);
      matcher.connected(atMs);
      this.#subscribed(subscriber);
    } else this.#returned(subscriber, dueMs, atMs);
    this.#connectNext();
  }

  #subscribed(subscriber: Subscriber): void {
    this.opened += 1;
    this.kinds[subscriber.kind] += 1;
    if (subscriber instanceof ThinSubscriber && subscriber.isCompressed) this.compressed += 1;
    this.#everyone.set(subscriber.matcher.id, subscriber);
    this.#activate(subscriber);
  }

  #activate(subscriber: Subscriber): void {
    this.active.add(subscriber);
    if (subscriber.matcher.slow) this.slowReaders.slowDown(subscriber);
  }

  #returned(subscriber: Subscriber, dueMs: number, atMs: number): void {
    const isResumed = subscriber instanceof ThinSubscriber && subscriber.isResumed;
    const { matcher } = subscriber;
    this.#activate(subscriber);
    if (this.restarts.isWaiting(matcher.id)) this.restarts.back(matcher.id, atMs, isResumed);
    else this.absences.count(atMs - dueMs, isResumed);
    if (isResumed) this.#events.judged(matcher, matcher.resumed(atMs, dueMs));
    else matcher.connected(atMs);
  }

  #refused(subscriber: Subscriber, reason: string): void {
    const { matcher } = subscriber;
    const isShortage = shortage.test(reason);
    this.#connecting.delete(subscriber);
    if (!isShortage && this.restarts.isWaiting(matcher.id)) {
      this.#present.delete(subscriber);
      this.absences.forget(subscriber);
      const session = subscriber instanceof ThinSubscriber ? subscriber.session : undefined;
      if (!this.#isOver) this.#returnAfter(this.#create(matcher, session), this.restarts.retry(matcher.id));
      return this.#connectNext();
    }
    (isShortage ? this.shortages : this.refusals).add(reason);
    if (!isShortage) this.addresses[matcher.address]!.refused += 1;
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
    if (this.restarts.isOn && !isShortage) {
      const session = subscriber instanceof ThinSubscriber ? subscriber.session : undefined;
      return this.#sendAway(subscriber, this.restarts.lost(subscriber.matcher), session);
    }
    (isShortage ? this.shortages : this.drops).add(reason);
    if (!isShortage) this.addresses[subscriber.matcher.address]!.dropped += 1;
    subscriber.matcher.cutOff();
    this.active.delete(subscriber);
    this.slowReaders.quicken(subscriber);
  }

  /** Ends a subscription by plan: what came so far is its account. */
  #leave(subscriber: Subscriber): void {
    const wasActive = this.active.has(subscriber);
    this.#remove(subscriber);
    const { matcher } = subscriber;
    if (wasActive) this.#events.judged(matcher, matcher.leave());
    else if (this.#everyone.get(matcher.id) === subscriber) matcher.stayAway();
  }

  #remove(subscriber: Subscriber): void {
    this.absences.forget(subscriber);
    this.#present.delete(subscriber);
    this.#waiting.delete(subscriber);
    this.#connecting.delete(subscriber);
    this.active.delete(subscriber);
    this.slowReaders.quicken(subscriber);
    subscriber.close();
  }
}
