/** Matchers without any process: streams, and callers who add up what the matchers answer. */
import type { DeliveryResult } from "./delivery-result.js";
import { type ExpectedBatch, type PlannedBatch, compareKeys } from "./expected-batch.js";
import type { Receiver } from "./expected-stream.js";
import { LearnedStream } from "./learned-stream.js";
import { ProposalMerger } from "./proposal-merger.js";
import { RegeneratedStream } from "./regenerated-stream.js";
import { StreamMatcher } from "./stream-matcher.js";
import type { StreamAgreement, StreamProposal } from "./stream-proposal.js";

export function tick(number: number, ...texts: string[]): PlannedBatch {
  return { tick: number, sequence: 0, intendedMs: number * 10, texts };
}

/** A stream whose command log is known for ever. */
export function createRegenerated(...planned: readonly PlannedBatch[]): RegeneratedStream {
  const stream = new RegeneratedStream(() => 1000);
  stream.know(Infinity);
  stream.extend(planned);
  return stream;
}

/** Subscribers of a learned stream. What they are shown is looked at again at once, unless `nowMs` is held back. */
export class LearningSubscribers {
  nowMs = 1000;
  readonly stream = new LearnedStream(() => this.nowMs);
  readonly matchers: readonly StreamMatcher[];

  constructor(subscribers = 3) {
    this.matchers = Array.from({ length: subscribers }, (_, id) => new StreamMatcher(id, this.stream, false));
    for (const matcher of this.matchers) matcher.connected(-1);
  }

  receive(matcher: StreamMatcher, text: string, atMs: number): void {
    this.#take(matcher, matcher.frame(text, atMs));
  }

  /** Judges what is held anew. */
  judge(): void {
    for (const matcher of this.matchers) if (matcher.holding) this.#take(matcher, matcher.judge());
  }

  settle(isEnd: boolean): void {
    this.stream.settle(this.#receivers, isEnd);
  }

  finish(): void {
    for (const matcher of this.matchers) this.#take(matcher, matcher.finish());
    this.settle(true);
  }

  get #receivers(): readonly Receiver[] {
    return this.matchers.map(({ receiver }) => receiver);
  }

  /** What other generators are to know of the stream. At the end the accounts of all are closed. */
  propose(isEnd: boolean): StreamProposal {
    if (isEnd) for (const matcher of this.matchers) this.#take(matcher, matcher.finish());
    return this.stream.propose(this.#receivers, isEnd);
  }

  agree(agreement: StreamAgreement): void {
    this.#announce(this.stream.insert(agreement));
    this.stream.agree(this.#receivers, agreement);
  }

  /** As the generator does: the others may have passed what one of them adds to the stream. */
  #take(matcher: StreamMatcher, results: readonly DeliveryResult[]): void {
    const inserted: ExpectedBatch[] = [];
    for (const result of results) if (result.kind === "learned" && result.isInserted) inserted.push(result.batch);
    this.#announce(inserted, matcher);
  }

  #announce(inserted: readonly ExpectedBatch[], except?: StreamMatcher): void {
    for (const batch of inserted.toSorted((a, b) => compareKeys(b, a)))
      for (const other of this.matchers) if (other !== except) other.inserted({ batch, item: 0 });
  }
}

/** Generators that agree on the stream which each of them learns; one alone need not. */
export class LearningGenerators {
  readonly groups: readonly LearningSubscribers[];
  readonly #merger: ProposalMerger;

  /** @param sizes subscribers of each generator */
  constructor(sizes: readonly number[]) {
    this.groups = sizes.map((subscribers) => new LearningSubscribers(subscribers));
    this.#merger = new ProposalMerger(sizes.length);
  }

  get matchers(): readonly StreamMatcher[] {
    return this.groups.flatMap(({ matchers }) => matchers);
  }

  set nowMs(nowMs: number) {
    for (const group of this.groups) group.nowMs = nowMs;
  }

  receive(matcher: StreamMatcher, text: string, atMs: number): void {
    this.groups.find(({ matchers }) => matchers.includes(matcher))?.receive(matcher, text, atMs);
  }

  judge(): void {
    for (const group of this.groups) group.judge();
  }

  /** What is known by now is settled, and everything at the end. */
  settle(isEnd: boolean): void {
    if (this.groups.length === 1) return isEnd ? this.groups[0].finish() : this.groups[0].settle(false);
    this.groups.forEach((group, index) => this.#merger.propose(index, group.propose(isEnd)));
    for (let merged = this.#merger.agree(); merged !== undefined; merged = this.#merger.agree())
      for (const [index, agreement] of merged.agreements.entries()) this.groups[index].agree(agreement);
  }

  finish(): void {
    for (const { stream } of this.groups) stream.chain.close(Infinity);
    this.judge();
    this.settle(true);
  }
}
