/**
 * Bytes that wait for the rest of their frame or message.
 *
 * Invariant: all of a process together hold no more than their budget, however many connections a server leaves
 * unfinished. Appending costs amortised constant time per byte, so a message may come one byte at a time.
 */
const capacityMin = 256;

/** Bytes that the connections of a process may hold together. */
export class ByteBudget {
  used = 0;
  readonly max: number;

  constructor(max: number) {
    this.max = max;
  }
}

export class PendingBytes {
  readonly #budget: ByteBudget;
  #bytes = Buffer.alloc(0);
  #length = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  get length(): number {
    return this.#length;
  }

  /** What was appended so far, without a copy: valid until the next append. */
  get view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** False when the budget is exhausted; then nothing was appended. */
  append(source: Buffer, from: number, to: number): boolean {
    const length = this.#length + to - from;
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#bytes.length, capacityMin));
      const used = this.#budget.used + grown.length - this.#bytes.length;
      if (used > this.#budget.max) return false;
      this.#budget.used = used;
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    source.copy(this.#bytes, this.#length, from, to);
    this.#length = length;
    return true;
  }

  /** Returns what was appended, and gives the bytes back to the budget. */
  take(): Buffer {
    const taken = this.view;
    this.#budget.used -= this.#bytes.length;
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    return taken;
  }
}
