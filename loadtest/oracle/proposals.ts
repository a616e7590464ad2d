/** The batches of a learned stream that were told to other generators, or will be, in the order of the stream. */
import { type ExpectedBatch, compareKeys } from "./expected-batch.js";
import type { Receiver } from "./expected-stream.js";

export class Proposals {
  /** Told, and not agreed on yet. */
  #open: ExpectedBatch[] = [];
  readonly #indexes = new Map<ExpectedBatch, number>();
  /** Index of the first of them. */
  #from = 0;
  #first: ExpectedBatch | undefined;
  /** The last that was told. */
  #last: ExpectedBatch | undefined;

  /**
   * The further batches before a tick, each with how many subscriptions began between the one before and it.
   *
   * @param recent the stream as far as it is still known
   */
  take(
    beforeTick: number,
    recent: readonly ExpectedBatch[],
    receivers: readonly Receiver[],
  ): { readonly batch: ExpectedBatch; readonly begun: number }[] {
    // What is not told for a while is passed by the chain's memory.
    if (this.#last === undefined) this.#first ??= recent[0];
    let next = this.#last === undefined ? this.#earliest() : this.#last.next;
    const firsts = receivers.flatMap(({ first }) => first ?? []).toSorted(compareKeys);
    const before = this.#last;
    let at = before === undefined ? 0 : firsts.findIndex((first) => compareKeys(first, before) > 0);
    if (at < 0) at = firsts.length;
    const taken: { batch: ExpectedBatch; begun: number }[] = [];
    for (; next !== undefined && next.tick < beforeTick; next = next.next) {
      const from = at;
      while (at < firsts.length && compareKeys(firsts[at]!, next) <= 0) at += 1;
      taken.push({ batch: next, begun: at - from });
      this.#indexes.set(next, this.#from + this.#open.length);
      this.#open.push(next);
      this.#last = next;
    }
    if (this.#last !== undefined) this.#first = undefined;
    return taken;
  }

  indexOf(batch: ExpectedBatch): number {
    return this.#indexes.get(batch) ?? -1;
  }

  at(index: number): ExpectedBatch | undefined {
    return this.#open[index - this.#from];
  }

  /** So many of the first are agreed on. Returns what follows them. */
  drop(count: number): ExpectedBatch | undefined {
    for (const batch of this.#open.splice(0, count)) this.#indexes.delete(batch);
    this.#from += count;
    return this.#open[0] ?? this.#last?.next;
  }

  #earliest(): ExpectedBatch | undefined {
    let first = this.#first;
    while (first?.previous !== undefined) first = first.previous;
    return first;
  }
}
