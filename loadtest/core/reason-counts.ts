/** Why subscribers were lost, or requests failed: each distinct reason with its count. */

/** A server cannot make the list grow beyond so many reasons. */
const distinctMax = 200;
const otherReasons = "other reasons";

export class ReasonCounts {
  readonly #counts = new Map<string, number>();
  total = 0;

  add(reason: string, count = 1): void {
    const key = this.#counts.has(reason) || this.#counts.size < distinctMax ? reason : otherReasons;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
    this.total += count;
  }

  entries(): (readonly [reason: string, count: number])[] {
    return [...this.#counts];
  }

  list(): string[] {
    return this.entries().map(([reason, count]) => `${count} × ${reason}`);
  }
}
