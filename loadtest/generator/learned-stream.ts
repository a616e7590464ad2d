/**
 * The stream of a server that nobody can regenerate: the first copy of a frame is the reference.
 *
 * Each frame is a batch of its own. Where subscribers disagree, the majority is right: a frame that more
 * of them passed than received was an accident of the few. Also keeps what is wrong with the stream's own
 * content, whoever it came from.
 */
import type { ContentFault } from "../oracle/content.js";
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import type { ExpectedBatch, ExpectedStream } from "../oracle/stream.js";

const repeatBatchesMax = 256;
const comparedShareMin = 0.5;

export class LearnedStream {
  readonly #stream: ExpectedStream;
  /** Batches that some subscribers did not receive: how many of them. */
  readonly #passed = new Map<ExpectedBatch, number>();
  /** Who received a batch, until most have. */
  readonly #bodyOperations = new WeakMap<ExpectedBatch, StreamMatcher[]>();
  /** Batches of a content that had come before, or came again, not far away. */
  readonly #repeats = new WeakSet<ExpectedBatch>();
  readonly #blamed = new Map<ExpectedBatch, ContentFault[]>();
  #ticks = 0;
  #events = 0;
  /** Events that a second subscriber received too, or missed. */
  #compared = 0;

  constructor(stream: ExpectedStream) {
    this.#stream = stream;
  }

  append(text: string): ExpectedBatch | undefined {
    this.#ticks += 1;
    this.#events += 1;
    const batch = this.#stream.append({ tick: this.#ticks, sequence: 0, intendedMs: Number.NaN, texts: [text] });
    if (batch !== undefined) this.#markRepeat(batch);
    return batch;
  }

  /** A frame that the first copy of the stream lacks. Its key lies between those of its neighbours. */
  insertBefore(following: ExpectedBatch, text: string): ExpectedBatch {
    this.#events += 1;
    const isTick = following.sequence === 0;
    const tick = isTick ? following.tick - 1 : following.tick;
    const { previous } = following;
    const below = previous?.tick === tick ? previous.sequence : 0;
    const sequence = isTick ? below + 1 : (below + following.sequence) / 2;
    const batch = this.#stream.insertBefore(following, { tick, sequence, intendedMs: Number.NaN, texts: [text] });
    this.#markRepeat(batch);
    return batch;
  }

  /** A subscriber received a batch; `subscribers` are there. */
  taken(batch: ExpectedBatch, matcher: StreamMatcher, subscribers: number): void {
    if (batch.taken === 2 && !this.#passed.has(batch)) this.#compared += 1;
    if (batch.taken > subscribers / 2) this.#bodyOperations.delete(batch);
    else if (batch.taken === 1) this.#bodyOperations.set(batch, [matcher]);
    else this.#bodyOperations.get(batch)?.push(matcher);
  }

  /** A subscriber received what comes after a batch, and not the batch. */
  passed(batch: ExpectedBatch): void {
    if (batch.taken < 2 && !this.#passed.has(batch)) this.#compared += 1;
    this.#passed.set(batch, (this.#passed.get(batch) ?? 0) + 1);
  }

  /** What most have received while they were there is part of the stream, whatever became of it later. */
  isReference(batch: ExpectedBatch): boolean {
    return !this.#bodyOperations.has(batch) || (this.#passed.get(batch) ?? 0) <= batch.taken;
  }

  /** Frames that only a minority received: who received what belongs to nobody's stream, and as what it counts. */
  *accidents(): Generator<readonly [matcher: StreamMatcher, batch: ExpectedBatch, kind: "duplicated" | "unexpected"]> {
    for (const batch of this.#passed.keys()) {
      if (this.isReference(batch)) continue;
      const kind = this.#repeats.has(batch) ? "duplicated" : "unexpected";
      for (const matcher of this.#bodyOperations.get(batch) ?? []) yield [matcher, batch, kind];
    }
  }

  /** What makes the comparison worthless, in words: too few events were there for a second subscriber. */
  evidence(): string[] {
    if (this.#compared >= this.#events * comparedShareMin) return [];
    return [
      `only ${this.#compared} of ${this.#events} events were due to more than one subscriber, and nothing else is there to compare them with: neither loss nor latency is known (--clients takes 2 or more)`,
    ];
  }

  /** Of two copies the first may be the one too many. */
  #markRepeat(batch: ExpectedBatch): void {
    const [text] = batch.texts;
    let { previous, next } = batch;
    for (let away = 0; away < repeatBatchesMax && (previous ?? next) !== undefined; away += 1) {
      for (const other of [previous, next]) {
        if (other?.texts[0] !== text) continue;
        this.#repeats.add(batch).add(other);
        return;
      }
      [previous, next] = [previous?.previous, next?.next];
    }
  }

  blame(batch: ExpectedBatch, faults: readonly ContentFault[]): void {
    this.#blamed.set(batch, [...(this.#blamed.get(batch) ?? []), ...faults]);
  }

  *blamed(): Generator<readonly [fault: ContentFault, deliveries: number]> {
    for (const [batch, faults] of this.#blamed) {
      for (const fault of faults) if (batch.completed > 0) yield [fault, batch.completed];
    }
  }
}
