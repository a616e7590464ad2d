/** A matcher's surroundings without any process: a stream, and what is known of the command log. */
import { LearnedStream } from "../generator/learned-stream.js";
import { StreamMatcher } from "./stream-matcher.js";
import type { MatcherHost } from "./matcher-host.js";
import { type BatchKey, type ExpectedBatch, ExpectedStream, type PlannedBatch, compareKeys } from "./stream.js";

/** Knows the log up to `knownMs`, and nothing of latencies. */
export class StreamOracle implements MatcherHost {
  readonly stream = new ExpectedStream();
  readonly learning: boolean = false;
  knownMs = Infinity;
  readonly nowMs: () => number = () => 1000;
  readonly knownAt: MatcherHost["knownAt"] = (atMs) => atMs <= this.knownMs;
  readonly isBefore = (a: BatchKey, b: BatchKey) => compareKeys(a, b) < 0;
  readonly isReference: MatcherHost["isReference"] = () => true;
  readonly disordered: MatcherHost["disordered"] = () => false;
  readonly learn: MatcherHost["learn"] = () => undefined;
  learnBefore(_following: ExpectedBatch, _text: string): ExpectedBatch {
    throw new Error("the stream is regenerated");
  }
  holds(_matcher: StreamMatcher): void {}
  releases(_matcher: StreamMatcher): void {}
  delivered(_matcher: StreamMatcher, _batch: ExpectedBatch, _from?: number, _count?: number, _atMs?: number): void {}
  completed(): void {}
  corrupted(): void {}
  unexpected(): void {}
  duplicated(): void {}
  reordered(): void {}
  lost(): void {}
  found(): void {}
  passed(_batch: ExpectedBatch): void {}
  greeted(): void {}
}

/** Learns the stream from its matchers. What they are shown is looked at again at once, unless `nowMs` is held back. */
export class LearningOracle extends StreamOracle {
  override readonly learning = true;
  readonly matchers: readonly StreamMatcher[];
  readonly held = new Set<StreamMatcher>();
  readonly #learned = new LearnedStream(this.stream);
  override readonly isReference = (batch: ExpectedBatch) => this.#learned.isReference(batch);
  override readonly disordered: MatcherHost["disordered"] = (matcher, stretches) =>
    this.#learned.disordered(matcher, stretches);
  override readonly learn = (text: string) => this.#learned.append(text);

  constructor(subscribers = 3) {
    super();
    this.matchers = Array.from({ length: subscribers }, (_, id) => new StreamMatcher(id, this, false));
    for (const matcher of this.matchers) matcher.connected(-1);
  }

  override learnBefore(following: ExpectedBatch, text: string): ExpectedBatch {
    const batch = this.#learned.insertBefore(following, text);
    for (const matcher of this.matchers) matcher.inserted({ batch, item: 0 });
    return batch;
  }

  override passed(batch: ExpectedBatch): void {
    this.#learned.passed(batch);
  }

  override delivered(matcher: StreamMatcher, batch: ExpectedBatch, _from = 0, _count = 1, atMs = 0): void {
    batch.firstMs = Math.min(batch.firstMs, atMs);
    batch.taken += 1;
    this.#learned.taken(batch, matcher, this.matchers.length);
  }

  override holds(matcher: StreamMatcher): void {
    this.held.add(matcher);
  }

  override releases(matcher: StreamMatcher): void {
    this.held.delete(matcher);
  }

  finish(): void {
    for (const matcher of this.matchers) matcher.finish();
    this.settle(true);
  }

  settle(isEnd: boolean): void {
    this.#learned.settle(this.matchers, isEnd);
  }
}

export function tick(number: number, ...texts: string[]): PlannedBatch {
  return { tick: number, sequence: 0, intendedMs: number * 10, texts };
}
