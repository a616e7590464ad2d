/** The last so many values, oldest first: what keeps the console's memory flat for days. */
export class Ring<Value> {
  readonly #capacity: number;
  readonly #values: Value[] = [];
  /** Where the oldest value lies, once the ring is full. */
  #oldest = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#values.length;
  }

  push(value: Value): void {
    if (this.#values.length < this.#capacity) {
      this.#values.push(value);
      return;
    }
    this.#values[this.#oldest] = value;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
  }

  /** The newest value is at -1, the oldest at 0. */
  at(index: number): Value | undefined {
    const { length } = this.#values;
    const from = index < 0 ? length + index : index;
    if (from < 0 || from >= length) return undefined;
    return this.#values[(this.#oldest + from) % length];
  }

  toArray(): Value[] {
    return [...this.#values.slice(this.#oldest), ...this.#values.slice(0, this.#oldest)];
  }

  clear(): void {
    this.#values.length = 0;
    this.#oldest = 0;
  }
}
