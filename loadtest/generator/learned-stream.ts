/**
 * The stream of a server that nobody can regenerate: the first copy of a frame is the reference.
 *
 * Each frame is a batch of its own. Where subscribers disagree, the majority is right: a frame that more
 * of them passed than received was an accident of the few. Also keeps what is wrong with the stream's own
 * content, whoever it came from.
 */
import type { ContentFault } from "../oracle/content.js";
import type { ExpectedBatch, ExpectedStream } from "../oracle/stream.js";

const repeatBatchesMax = 256;
const comparedShareMin = 0.5;

export class LearnedStream {
  readonly #stream: ExpectedStream;
  /** Batches that some subscribers did not receive: how many of them, and whether the same had just come before. */
  readonly #passed = new Map<ExpectedBatch, { subscribers: number; readonly isRepeat: boolean }>();
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
    return this.#stream.append({ tick: this.#ticks, sequence: 0, intendedMs: Number.NaN, texts: [text] });
  }

  /** A frame that the first copy of the stream lacks. Its key lies between those of its neighbours. */
  insertBefore(following: ExpectedBatch, text: string): ExpectedBatch {
    this.#events += 1;
    const isTick = following.sequence === 0;
    const tick = isTick ? following.tick - 1 : following.tick;
    const { previous } = following;
    const below = previous?.tick === tick ? previous.sequence : 0;
    const sequence = isTick ? below + 1 : (below + following.sequence) / 2;
    return this.#stream.insertBefore(following, { tick, sequence, intendedMs: Number.NaN, texts: [text] });
  }

  /** A subscriber received a batch. */
  taken(batch: ExpectedBatch): void {
    if (batch.taken === 2 && !this.#passed.has(batch)) this.#compared += 1;
  }

  passed(batch: ExpectedBatch): void {
    if (batch.taken < 2 && !this.#passed.has(batch)) this.#compared += 1;
    const known = this.#passed.get(batch);
    if (known !== undefined) known.subscribers += 1;
    else this.#passed.set(batch, { subscribers: 1, isRepeat: isRepeat(batch) });
  }

  isReference(batch: ExpectedBatch): boolean {
    return (this.#passed.get(batch)?.subscribers ?? 0) <= batch.taken;
  }

  /** What makes the comparison worthless, in words: too few events were there for a second subscriber. */
  evidence(): string[] {
    if (this.#compared >= this.#events * comparedShareMin) return [];
    return [
      `only ${this.#compared} of ${this.#events} events were due to more than one subscriber, and nothing else is there to compare them with: neither loss nor latency is known (--clients takes 2 or more)`,
    ];
  }

  /** Frames that only a minority received, each with how many did: they belong to nobody's stream. */
  *accidents(): Generator<readonly [text: string, taken: number, kind: "duplicated" | "unexpected"]> {
    for (const [batch, passed] of this.#passed) {
      if (this.isReference(batch)) continue;
      yield [batch.texts[0], batch.taken, passed.isRepeat ? "duplicated" : "unexpected"];
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

/** Whether the same frame came lately. */
function isRepeat({ texts: [text], previous }: ExpectedBatch): boolean {
  let before = previous;
  for (let back = 0; before !== undefined && back < repeatBatchesMax; back += 1, before = before.previous)
    if (before.texts[0] === text) return true;
  return false;
}
