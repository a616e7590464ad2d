/**
 * One generator: its subscribers, their matchers, its meter. Runs in a worker process of its own,
 * or in the caller's for small runs and tests; it only knows messages in and messages out.
 */
import { monotonicMs } from "../core/monotonic.js";
import { Conformance, type ContentFault, compareContents, eventNameOf } from "../oracle/content.js";
import { StreamMatcher } from "../oracle/stream-matcher.js";
import type { MatcherHost } from "../oracle/matcher-host.js";
import {
  type BatchKey,
  type ExpectedBatch,
  ExpectedStream,
  type Place,
  type PlannedBatch,
  compareKeys,
} from "../oracle/stream.js";
import { EventAccounts, FaultCounts } from "./delivery-accounts.js";
import { BusyPoll } from "./busy-poll.js";
import { Drain } from "./drain.js";
import { LearnedStream } from "./learned-stream.js";
import { Meter } from "./meter.js";
import { PayloadMeter } from "./payload-meter.js";
import { ConnectionManager } from "./connection-manager.js";
import type { FromGenerator, GeneratorConfig, ToGenerator } from "./protocol.js";
import { collectResult } from "./result.js";
import { UtilisationWitness } from "./utilisation.js";

/** A frame that fits nowhere is looked at again after this long: others may know it by then. */
const learningDelayMs = 300;
const batchReportDelayMs = 2000;
const countsEveryMs = 50;

export class Generator implements MatcherHost {
  readonly stream = new ExpectedStream();
  readonly learning: boolean;
  readonly conformance = new Conformance();
  readonly violations = new FaultCounts();
  readonly divergences = new FaultCounts();
  readonly events = new EventAccounts();
  /** Where the stream is learned. */
  readonly payload: PayloadMeter | undefined;
  readonly meter: Meter;
  readonly connections: ConnectionManager;
  readonly witness: UtilisationWitness;
  readonly learned: LearnedStream;
  readonly #send: (message: FromGenerator) => void;
  readonly #poll: BusyPoll | undefined;
  readonly #held = new Set<StreamMatcher>();
  readonly #timers: readonly NodeJS.Timeout[];
  #knownMs = -Infinity;
  #askedMs = -Infinity;
  #second = 0;
  #faults = 0;
  #lastPlanned: ExpectedBatch | undefined;
  #drain: Drain | undefined;
  #counts = "";

  constructor(config: GeneratorConfig, send: (message: FromGenerator) => void) {
    this.learning = config.learning;
    this.payload = config.learning ? new PayloadMeter() : undefined;
    this.meter = new Meter(this.events, this.payload);
    this.#poll = config.busyPolling ? new BusyPoll() : undefined;
    this.witness = new UtilisationWitness(() => this.#poll?.idleMs ?? 0);
    this.#send = send;
    this.learned = new LearnedStream(this.stream);
    this.connections = new ConnectionManager(
      config,
      (id, slow) => new StreamMatcher(id, this, slow),
      (fault) => this.#violated(fault),
    );
    this.#timers = [setInterval(() => this.#closeSecond(), 1000), setInterval(() => this.#sendCounts(), countsEveryMs)];
  }

  handle(message: ToGenerator): void {
    switch (message.type) {
      case "batches":
        return this.#extend(message.batches);
      case "amend":
        return this.#amend(message);
      case "retime":
        return this.stream.retime(new Map(message.instants));
      case "known":
        this.#knownMs = message.atMs;
        return this.#judgeHeld();
      case "scale":
        return this.connections.goTo(message.count, message.overMs);
      case "replace":
        return this.connections.replace(message.count);
      case "measure":
        this.payload?.shift(message.payloadShiftMs);
        return this.meter.measure(message.fromMs, message.toMs);
      case "close":
        return this.#close(message.lastTick, message.isEarly);
      case "finish":
        return this.#finish();
    }
  }

  nowMs(): number {
    return monotonicMs();
  }

  knownAt(atMs: number): boolean {
    if (this.learning) return this.stream.closed || monotonicMs() - atMs >= learningDelayMs;
    if (atMs <= this.#knownMs) return true;
    if (atMs > this.#askedMs) {
      this.#askedMs = monotonicMs();
      this.#send({ type: "sync", atMs: this.#askedMs });
    }
    return false;
  }

  holds(matcher: StreamMatcher): void {
    this.#held.add(matcher);
  }

  releases(matcher: StreamMatcher): void {
    this.#held.delete(matcher);
  }

  isBefore(a: BatchKey, b: BatchKey): boolean {
    return compareKeys(a, b) < 0;
  }

  delivered(matcher: StreamMatcher, batch: ExpectedBatch, from: number, count: number, atMs: number): void {
    this.meter.delivered(matcher, batch, from, count, atMs);
    this.#poll?.arrived(atMs);
    batch.taken += count;
    if (this.learning) this.learned.taken(batch, matcher, this.connections.active.size);
  }

  completed(batch: ExpectedBatch, atMs: number): void {
    this.meter.completed(batch, atMs);
  }

  corrupted(expected: string, received: string): void {
    this.#faults += 1;
    this.events.of(eventNameOf(expected)).corrupted += 1;
    for (const fault of compareContents(expected, received)) this.divergences.add(fault);
    this.#examine(received);
  }

  unexpected(text: string): void {
    this.#faults += 1;
    this.events.of(eventNameOf(text)).unexpected += 1;
    this.#examine(text);
  }

  duplicated(text: string): void {
    this.#faults += 1;
    this.events.of(eventNameOf(text)).duplicated += 1;
  }

  reordered(text: string): void {
    this.#faults += 1;
    this.events.of(eventNameOf(text)).reordered += 1;
  }

  lost(text: string): void {
    this.#faults += 1;
    this.events.of(eventNameOf(text)).lost += 1;
  }

  found(text: string): void {
    this.events.of(eventNameOf(text)).lost -= 1;
  }

  greeted(text: string): void {
    this.#examine(text);
  }

  learn(text: string): ExpectedBatch | undefined {
    const batch = this.learned.append(text);
    if (batch !== undefined) this.#examineLearned(batch);
    return batch;
  }

  learnBefore(following: ExpectedBatch, text: string): ExpectedBatch {
    const inserted = this.learned.insertBefore(following, text);
    this.#examineLearned(inserted);
    this.#announce({ batch: inserted, item: 0 });
    return inserted;
  }

  passed(batch: ExpectedBatch): void {
    this.learned.passed(batch);
  }

  isReference(batch: ExpectedBatch): boolean {
    return this.learned.isReference(batch);
  }

  disordered(matcher: StreamMatcher, stretches: readonly (readonly ExpectedBatch[])[]): boolean {
    return this.learned.disordered(matcher, stretches);
  }

  /** The server broke a protocol. */
  #violated(fault: ContentFault): void {
    this.#faults += 1;
    this.violations.add(fault);
  }

  #extend(batches: readonly PlannedBatch[]): void {
    for (const planned of batches) {
      const batch = this.stream.append(planned);
      if (batch === undefined) continue;
      this.#examineExpected(batch);
      this.#watchTick(batch);
    }
    this.#judgeHeld();
  }

  /** When a tick is due, the one before has to be drained. */
  #watchTick(batch: ExpectedBatch): void {
    if (batch.sequence !== 0) return;
    const before = this.#lastPlanned;
    this.#lastPlanned = batch;
    if (Number.isNaN(batch.intendedMs)) return;
    const timer = setTimeout(
      () => {
        const isDrained =
          before === undefined ||
          before.firstMs === Infinity ||
          before.completed >= this.connections.active.size - this.connections.slow;
        this.witness.closeTick(isDrained, this.meter.covers(batch));
      },
      Math.max(0, batch.intendedMs - monotonicMs()),
    );
    timer.unref();
  }

  #amend({ batches, removed }: Extract<ToGenerator, { readonly type: "amend" }>): void {
    // The last first: a subscriber that stands before a batch steps back from one inserted batch to the one before.
    for (const place of this.stream.amend(batches, removed).toReversed()) {
      this.#examineExpected(place.batch);
      this.#announce(place);
    }
  }

  #announce(place: Place): void {
    for (const { matcher } of this.connections.everyone) matcher.inserted(place);
  }

  #judgeHeld(): void {
    for (const matcher of this.#held) matcher.judge();
  }

  #examine(text: string): void {
    for (const fault of this.conformance.examine(text)) this.violations.add(fault);
  }

  /** Content of the stream itself is examined once; its violations count for each delivery in the end. */
  #examineExpected(batch: ExpectedBatch): void {
    for (const text of batch.texts) {
      const faults = this.conformance.examine(text);
      if (faults.length > 0) this.learned.blame(batch, faults);
    }
  }

  #examineLearned(batch: ExpectedBatch): void {
    this.#examineExpected(batch);
    batch.emittedMs = this.payload?.emittedMs(batch.texts[0]) ?? Number.NaN;
  }

  #sendCounts(): void {
    const { active, lost } = this.connections;
    const counts = `${active.size} ${lost}`;
    if (counts === this.#counts) return;
    this.#counts = counts;
    this.#send({ type: "counts", connected: active.size, lost });
  }

  #closeSecond(): void {
    const nowMs = monotonicMs();
    this.connections.checkHeartbeats(nowMs);
    if (this.learning) {
      this.#judgeHeld();
      this.#settleLearned(false);
    }
    this.payload?.refresh();
    this.#send({
      type: "second",
      report: {
        second: this.#second++,
        latency: this.meter.takeLatency(),
        deliveries: this.meter.deliveries,
        connected: this.connections.active.size,
        utilisation: this.witness.closeSecond(this.meter.measures(nowMs)),
        rssBytes: process.memoryUsage.rss(),
        faults: this.#faults,
      },
      batches: this.meter.takeBatches(nowMs - batchReportDelayMs),
    });
  }

  #close(lastTick: number, isEarly: boolean): void {
    this.connections.windUp(isEarly);
    this.stream.close(lastTick);
    this.#judgeHeld();
    this.#drain = new Drain(this.connections, this.meter, () => this.#send({ type: "drained" }));
  }

  #finish(): void {
    this.#closeSecond();
    this.connections.refusePending("no session when the run ended");
    const unjoined = [...this.connections.active].filter(({ matcher }) => !matcher.joined);
    for (const { matcher } of this.connections.everyone) matcher.finish();
    if (this.learning) this.#settleLearned(true);
    // Who came after the last tick was owed nothing.
    const silent = unjoined.filter(({ matcher }) => matcher.counts.lost > 0).length;
    this.stop();
    const batches = this.meter.takeBatches(Infinity);
    this.#send({ type: "result", result: collectResult(this, silent), batches });
  }

  /** Subscribers are held against the stream once all have told what it is. */
  #settleLearned(isEnd: boolean): void {
    const matchers = this.connections.everyone.map(({ matcher }) => matcher);
    const { retractions, settledTick } = this.learned.settle(matchers, isEnd);
    for (const { batch } of retractions) this.events.of(eventNameOf(batch.texts[0])).received -= 1;
    for (const [fault, deliveries] of this.learned.takeBlamed(settledTick)) this.violations.add(fault, deliveries);
  }

  /** Ends at once and reports nothing. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#drain?.stop();
    this.witness.stop();
    this.connections.closeAll();
  }
}
