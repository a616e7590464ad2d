/**
 * The index: sum of weight * price over the sectors in id order, through a chained divisor.
 *
 * Made from prices as they were broadcast, rounded to 0.01, so whoever reads weights and divisor over REST gets
 * the same value from the same market updates. When a sector comes, goes or changes its weight, the divisor
 * changes so that the value does not.
 */
export interface IndexState {
  readonly divisor: number;
  readonly value: number;
  readonly open: number;
}

interface Constituent {
  readonly indexWeight: number;
  /** Rounded. */
  readonly quote: number;
}

export class ChainedIndex {
  #divisor: number;
  #value: number;
  open: number;

  constructor(state: IndexState) {
    this.#divisor = state.divisor;
    this.#value = state.value;
    this.open = state.open;
  }

  get value(): number {
    return this.#value;
  }

  get divisor(): number {
    return this.#divisor;
  }

  /** Follows the prices. Without any weight it stays where it is. */
  follow(sectors: readonly Constituent[]): void {
    const total = sumWeighted(sectors);
    if (total > 0) this.#value = total / this.#divisor;
  }

  /** Keeps the value although the sectors or their weights are others now. */
  chain(sectors: readonly Constituent[]): void {
    const total = sumWeighted(sectors);
    if (total > 0) this.#divisor = total / this.#value;
  }

  snapshot(): IndexState {
    return { divisor: this.#divisor, value: this.#value, open: this.open };
  }
}

function sumWeighted(sectors: readonly Constituent[]): number {
  let total = 0;
  for (const sector of sectors) total += sector.indexWeight * sector.quote;
  return total;
}
