/**
 * The logarithm of a volatility: a sum of Ornstein-Uhlenbeck processes on several time scales.
 *
 * A few scales from minutes to weeks together look like the slow, power-law decay that markets show.
 * Each is advanced exactly, so the length of a step has no influence on the law.
 */
import type { VolatilityScale } from "../../schemas/index.js";
import { exp } from "../numeric/exp-log.js";
import type { Stream } from "../random/stream.js";

export class LogVolatility {
  /** Variance of `value` in the long run. */
  readonly variance: number;
  readonly #stream: Stream;
  readonly #keeps: readonly number[];
  readonly #kicks: readonly number[];
  #parts: number[];
  #value = 0;

  /** Without `parts` it starts from a draw of its stationary law. */
  constructor(scales: readonly VolatilityScale[], stream: Stream, parts?: readonly number[], stepMinutes: number = 1) {
    this.#stream = stream;
    this.#keeps = scales.map(({ tauMinutes }) => exp(-stepMinutes / tauMinutes));
    this.#kicks = scales.map(({ variance }, k) => Math.sqrt(variance * (1 - this.#keeps[k]! * this.#keeps[k]!)));
    this.variance = scales.reduce((sum, { variance }) => sum + variance, 0);
    this.#parts =
      parts === undefined ? scales.map(({ variance }) => Math.sqrt(variance) * stream.normal()) : [...parts];
    this.#value = this.#sum();
  }

  get value(): number {
    return this.#value;
  }

  /**
   * Advances by one step, a market minute where nothing else was said.
   *
   * @param leverage correlation of the change with `shock`
   * @param shock a standard normal: what happened to the price in this step
   */
  step(leverage: number = 0, shock: number = 0): void {
    const own = Math.sqrt(1 - leverage * leverage);
    for (let k = 0; k < this.#parts.length; k++) {
      const kick = leverage * shock + own * this.#stream.normal();
      this.#parts[k] = this.#keeps[k]! * this.#parts[k]! + this.#kicks[k]! * kick;
    }
    this.#value = this.#sum();
  }

  snapshot(): readonly number[] {
    return [...this.#parts];
  }

  #sum(): number {
    let sum = 0;
    for (const part of this.#parts) sum += part;
    return sum;
  }
}
