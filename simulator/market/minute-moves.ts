/**
 * How unusual a one-minute move is, measured against what the last hour was like.
 *
 * The yardstick adapts: the first wild minute stands out, the sixtieth no longer does. Volatility and time of
 * day are known to the model, but people do not know them; they know what they have just seen.
 */
const memoryMinutes = 60;

export class MinuteMoves {
  /** Move of the minute that was closed last, as a change of the log-price. */
  move = 0;
  /** The same in standard deviations. */
  sigma = 0;
  #level: number;
  #variance: number;

  /** @param level log-price now @param variance expected variance of a minute's return */
  constructor(level: number, variance: number) {
    this.#level = level;
    this.#variance = variance;
  }

  /** Replaces the yardstick: this variance is to be expected of a minute. */
  expect(variance: number): void {
    this.#variance = variance;
  }

  /** Closes a minute at this log-price. */
  close(level: number): void {
    const move = level - this.#level;
    this.move = move;
    this.sigma = this.#variance > 0 ? move / Math.sqrt(this.#variance) : 0;
    this.#level = level;
    this.#variance += (move * move - this.#variance) / memoryMinutes;
  }

  /** The closed minute is no longer news. */
  forget(): void {
    this.move = 0;
    this.sigma = 0;
  }

  snapshot(): readonly [level: number, variance: number] {
    return [this.#level, this.#variance];
  }
}
