/** Matchers without any process: streams, and callers who add up what the matchers answer. */
import type { DeliveryResult } from "./delivery-result.js";
import { type ExpectedBatch, type PlannedBatch, compareKeys } from "./expected-batch.js";
import { LearnedStream } from "./learned-stream.js";
import { RegeneratedStream } from "./regenerated-stream.js";
import { StreamMatcher } from "./stream-matcher.js";

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
    this.stream.settle(
      this.matchers.map(({ receiver }) => receiver),
      isEnd,
    );
  }

  finish(): void {
    for (const matcher of this.matchers) this.#take(matcher, matcher.finish());
    this.settle(true);
  }

  /** As the generator does: the others may have passed what one of them adds to the stream. */
  #take(matcher: StreamMatcher, results: readonly DeliveryResult[]): void {
    const inserted: ExpectedBatch[] = [];
    for (const result of results) if (result.kind === "learned" && result.isInserted) inserted.push(result.batch);
    for (const batch of inserted.toSorted((a, b) => compareKeys(b, a)))
      for (const other of this.matchers) if (other !== matcher) other.inserted({ batch, item: 0 });
  }
}
