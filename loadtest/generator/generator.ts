/**
 * One generator: its subscribers, their matchers, its meter. Runs in a worker process of its own,
 * or in the caller's for small runs and tests; it only knows messages in and messages out.
 */
import { monotonicMs } from "../core/monotonic.js";
import type { DeliveryEvents, Subscriber } from "../clients/subscriber.js";
import type { ProtocolViolation } from "../clients/protocol-violation.js";
import type { DeliveryResult } from "../oracle/delivery-result.js";
import { type ExpectedBatch, type Place, compareKeys } from "../oracle/expected-batch.js";
import type { Receiver } from "../oracle/expected-stream.js";
import { LearnedStream } from "../oracle/learned-stream.js";
import { RegeneratedStream, type StreamUpdate } from "../oracle/regenerated-stream.js";
import type { StreamAgreement } from "../oracle/stream-proposal.js";
import { StreamMatcher } from "../oracle/stream-matcher.js";
import { ArrivalBound } from "./arrival-bound.js";
import { BusyPoll } from "./busy-poll.js";
import { CostMeter } from "./cost-meter.js";
import { ConnectionManager } from "./connection-manager.js";
import { DeliveryAccounts } from "./delivery-accounts.js";
import { Drain } from "./drain.js";
import { Meter } from "./meter.js";
import { PayloadMeter } from "./payload-meter.js";
import type { FromGenerator, GeneratorConfig, GeneratorResult, ToGenerator } from "./protocol.js";
import { collectResult, describeShortage } from "./result.js";
import { UtilisationWitness } from "./utilisation.js";

/** Whether a generator's subscribers stay connected when its run is over, for the next one in this process. */
export interface Succession {
  readonly keeps: boolean;
  /** The one of the run before. */
  readonly before?: Generator | undefined;
}

const batchReportDelayMs = 2000;
const countsEveryMs = 50;

export class Generator implements DeliveryEvents {
  readonly connections: ConnectionManager;
  readonly #stream: RegeneratedStream | LearnedStream;
  readonly #agreeing: boolean;
  readonly #keeps: boolean;
  readonly #accounts = new DeliveryAccounts();
  /** Where the stream is learned. */
  readonly #payload: PayloadMeter | undefined;
  readonly #meter: Meter;
  readonly #witness: UtilisationWitness;
  readonly #send: (message: FromGenerator) => void;
  readonly #poll: BusyPoll | undefined;
  readonly #held = new Set<StreamMatcher>();
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #cost = new CostMeter(() => this.connections.everyone.map(({ matcher }) => matcher));
  #second = 0;
  #lastPlanned: ExpectedBatch | undefined;
  #drain: Drain | undefined;
  #counts = "";
  /** Connected to the end, and never told anything. */
  #unjoined: readonly Subscriber[] = [];

  constructor(
    config: GeneratorConfig,
    send: (message: FromGenerator) => void,
    { keeps, before }: Succession = { keeps: false },
  ) {
    const stream = before === undefined ? undefined : before.#stream;
    if (config.learning) this.#stream = new LearnedStream(monotonicMs);
    else this.#stream = stream?.isLearned === false ? stream : new RegeneratedStream(monotonicMs);
    this.#keeps = keeps;
    this.#agreeing = config.agreeing;
    this.#payload = config.learning ? new PayloadMeter() : undefined;
    const arrivals = new ArrivalBound();
    this.#meter = new Meter(this.#accounts, arrivals, this.#payload, config.targets.length);
    this.#poll = config.busyPolling ? new BusyPoll((atMs) => arrivals.asked(atMs)) : undefined;
    this.#witness = new UtilisationWitness(() => this.#poll?.idleMs ?? 0);
    this.#send = send;
    const follow = (id: number, slow: boolean, before?: StreamMatcher): StreamMatcher =>
      new StreamMatcher(id, this.#stream, slow, before);
    this.connections = new ConnectionManager(config, follow, this, before?.connections.handOver() ?? []);
    this.#timers = [setInterval(() => this.#closeSecond(), 1000), setInterval(() => this.#sendCounts(), countsEveryMs)];
  }

  handle(message: ToGenerator): void {
    switch (message.type) {
      case "batches":
      case "amend":
      case "retime":
      case "known":
      case "uncertain":
        return this.#update(message);
      case "scale":
        this.#goOn();
        return this.connections.goTo(message.count, message.overMs);
      case "replace":
        return this.connections.replace(message.count);
      case "drop":
        return this.connections.drop(message.count, message.offlineMs, message.how);
      case "restart":
        return this.connections.restarts.begin(message.stage, message.fromMs);
      case "restarted":
        this.connections.restarts.isOn = false;
        return;
      case "measure":
        this.#payload?.shift(message.payloadShiftMs);
        this.#cost.mark();
        return this.#meter.measure(message.fromMs, message.toMs);
      case "stage":
        return this.#meter.beginStage(message.index, message.fromMs);
      case "agreement":
        return this.#agree(message.agreement);
      case "interim":
        this.#cost.mark();
        return this.#send({ type: "interim", result: this.#collect(0) });
      case "close":
        return this.#close(message.lastTick, message.isEarly);
      case "finish":
        return this.#finish();
    }
  }

  delivered(matcher: StreamMatcher, batch: ExpectedBatch, from: number, count: number, atMs: number): void {
    this.#meter.delivered(matcher, batch, from, count, atMs);
    this.#poll?.arrived(atMs);
  }

  judged(matcher: StreamMatcher, results: readonly DeliveryResult[]): void {
    const inserted: ExpectedBatch[] = [];
    for (const result of results) {
      if (result.kind === "delivered") this.delivered(matcher, result.batch, result.item, 1, result.atMs);
      else if (result.kind === "learned") {
        this.#examineLearned(result.batch);
        if (result.isInserted) inserted.push(result.batch);
      } else this.#accounts.add(result, (atMs) => this.#meter.stageAt(atMs));
    }
    if (inserted.length > 0)
      this.#announce(
        inserted.toSorted((a, b) => compareKeys(b, a)).map((batch) => ({ batch, item: 0 })),
        matcher,
      );
    if (!matcher.holding) this.#held.delete(matcher);
    else {
      this.#held.add(matcher);
      if (!this.#stream.isLearned && this.#stream.takeRequest()) this.#send({ type: "sync" });
    }
  }

  violated({ fault }: ProtocolViolation): void {
    this.#accounts.addViolation(fault);
  }

  #update(update: StreamUpdate): void {
    const stream = this.#stream;
    if (stream.isLearned) return;
    if (update.type === "uncertain") {
      stream.uncertaintyMs = update.byMs;
      return;
    }
    if (update.type === "retime") return stream.chain.retime(new Map(update.instants));
    if (update.type === "amend") return this.#amend(stream.amend(update.batches, update.removed));
    if (update.type === "known") stream.know(update.atMs);
    else for (const batch of stream.extend(update.batches)) if (batch.isOwed) this.#expect(batch);
    this.#judgeHeld();
  }

  #expect(batch: ExpectedBatch): void {
    this.#accounts.examineExpected(batch);
    this.#watchTick(batch);
  }

  /** The stream of a run before goes on: what leaves from now on is owed to this one's subscribers. */
  #goOn(): void {
    const { chain, isLearned, uncertaintyMs } = this.#stream;
    if (isLearned || !chain.closed) return;
    chain.reopen(monotonicMs() + uncertaintyMs);
    for (const batch of chain.recent) if (batch.isOwed) this.#expect(batch);
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
          before.completed >= this.connections.active.size - this.connections.slowReaders.size;
        this.#witness.closeTick(isDrained, this.#meter.covers(batch));
      },
      Math.max(0, batch.intendedMs - monotonicMs()),
    );
    timer.unref();
  }

  #amend(places: readonly Place[]): void {
    for (const { batch } of places) this.#accounts.examineExpected(batch);
    this.#announce(places);
  }

  /** Subscribers may have passed these places, the last first. One of them knows already. */
  #announce(places: readonly Place[], except?: StreamMatcher): void {
    if (places.length === 0) return;
    for (const matcher of this.#matchers()) if (matcher !== except) for (const place of places) matcher.inserted(place);
  }

  #judgeHeld(): void {
    for (const matcher of this.#held) this.judged(matcher, matcher.judge());
  }

  #examineLearned(batch: ExpectedBatch): void {
    this.#accounts.examineExpected(batch);
    batch.emittedMs = this.#payload?.emittedMs(batch.texts[0]!) ?? Number.NaN;
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
    if (this.#stream.isLearned) this.#judgeHeld();
    this.#settleLearned(false);
    this.#payload?.refresh();
    this.#send({
      type: "second",
      report: {
        second: this.#second++,
        latency: this.#meter.takeLatency(),
        deliveries: this.#meter.deliveries,
        connected: this.connections.active.size,
        utilisation: this.#witness.closeSecond(this.#meter.measures(nowMs)),
        rssBytes: process.memoryUsage.rss(),
        faults: this.#accounts.faults,
        evidence: [...this.#witness.evidence(), ...this.connections.shortages.list().map(describeShortage)],
      },
      batches: this.#meter.takeBatches(nowMs - batchReportDelayMs),
    });
  }

  #close(lastTick: number, isEarly: boolean): void {
    this.connections.windUp(isEarly);
    this.#stream.chain.close(lastTick);
    this.#judgeHeld();
    this.#drain = new Drain(this.connections, this.#meter, () => this.#send({ type: "drained" }));
  }

  #finish(): void {
    this.#closeSecond();
    if (this.#keeps) for (const matcher of this.connections.keep()) this.judged(matcher, matcher.rest());
    this.connections.refusePending("no session when the run ended");
    this.#unjoined = [...this.connections.active].filter(({ matcher }) => !matcher.joined);
    if (!this.#agreeing || !this.#stream.isLearned) return this.#conclude();
    // What came to others after their last frame is not owed to those that are there; to others it is, and told now.
    for (const { matcher } of this.connections.active) if (matcher.joined) this.judged(matcher, matcher.finish());
    this.#send({ type: "proposal", proposal: this.#stream.propose(this.#receivers(), true) });
  }

  #conclude(): void {
    for (const { matcher } of this.connections.everyone) this.judged(matcher, matcher.finish());
    this.#settleLearned(true);
    this.#accounts.settle();
    // Who came after the last tick was owed nothing.
    const silent = this.#unjoined.filter(({ matcher }) => matcher.counts.lost > 0).length;
    this.stop();
    const batches = this.#meter.takeBatches(Infinity);
    this.#send({ type: "result", result: this.#collect(silent), batches });
  }

  #collect(silent: number): GeneratorResult {
    const evidence = [...this.#witness.evidence(), ...(this.#stream.isLearned ? this.#stream.evidence() : [])];
    const { missedMs } = this.#witness;
    const sources = { connections: this.connections, meter: this.#meter, accounts: this.#accounts };
    return collectResult({ ...sources, payload: this.#payload, silent, cost: this.#cost.cost, missedMs, evidence });
  }

  #matchers(): StreamMatcher[] {
    const { everyone, earlier } = this.connections;
    return [...earlier, ...everyone.map(({ matcher }) => matcher)];
  }

  #receivers(): Receiver[] {
    return this.#matchers().map(({ receiver }) => receiver);
  }

  /** Subscribers are compared with the learned stream once all have shown what it is. */
  #settleLearned(isEnd: boolean): void {
    const stream = this.#stream;
    if (!stream.isLearned) return;
    if (isEnd || !this.#agreeing) return this.#settled(stream.settle(this.#receivers(), isEnd));
    const proposal = stream.propose(this.#receivers(), false);
    if (proposal.frames.length > 0 || proposal.disorders.length > 0) this.#send({ type: "proposal", proposal });
  }

  /** What most of all generators' subscribers received is known. */
  #agree(agreement: StreamAgreement): void {
    const stream = this.#stream;
    if (!stream.isLearned) return;
    const inserted = stream.insert(agreement).toSorted((a, b) => compareKeys(b, a));
    this.#announce(inserted.map((batch) => ({ batch, item: 0 })));
    if (agreement.isEnd) {
      // Those that are no longer there have lost what followed.
      for (const matcher of this.#matchers()) this.judged(matcher, matcher.finish());
    }
    this.#settled(stream.agree(this.#receivers(), agreement));
    if (agreement.isEnd) this.#conclude();
  }

  #settled(beforeTick: number): void {
    for (const matcher of this.#matchers()) this.judged(matcher, matcher.takeResults());
    this.#accounts.settle(beforeTick);
    this.connections.forget(beforeTick);
  }

  /** Ends at once and reports nothing. Those subscribers that stay go on along the stream. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#drain?.stop();
    this.#witness.stop();
    this.connections.closeAll();
  }
}
