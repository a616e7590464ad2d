/**
 * Jumps: whether one comes is drawn once a market minute, together with its second and its size.
 *
 * Each minute costs the same number of draws, jump or not. After a jump more are likely for a while
 * (a Hawkes process, kept as one decaying number). The waiting jump fires in the step that covers its second.
 */
import { exp, log } from "../numeric/exp-log.js";
import type { Stream } from "../random/stream.js";
import { daySeconds, minuteSeconds } from "./units.js";

const dayMinutes = daySeconds / minuteSeconds;

export interface JumpLaw {
  /** Jumps a trading day that start by themselves. */
  readonly perDay: number;
  /** Further jumps that one jump sets off on average. */
  readonly branching: number;
  readonly decayMinutes: number;
  readonly upShare: number;
  /** Mean size, as a change of the log-price. */
  readonly upMean: number;
  readonly downMean: number;
}

export interface JumpState {
  readonly excitement: number;
  /** Market second of the waiting jump, or null. */
  readonly atSeconds: number | null;
  readonly size: number;
}

export class Jumps {
  readonly #law: JumpLaw;
  readonly #stream: Stream;
  readonly #keep: number;
  #excitement: number;
  #atSeconds: number;
  #size: number;

  constructor(law: JumpLaw, stream: Stream, state: JumpState = { excitement: 0, atSeconds: null, size: 0 }) {
    this.#law = law;
    this.#stream = stream;
    this.#keep = exp(-1 / law.decayMinutes);
    this.#excitement = state.excitement;
    this.#atSeconds = state.atSeconds ?? Infinity;
    this.#size = state.size;
  }

  /** Mean of all jumps over a market second: what a drift has to take back. */
  get driftPerSecond(): number {
    const { perDay, branching, upShare, upMean, downMean } = this.#law;
    return ((perDay / (1 - branching)) * (upShare * upMean - (1 - upShare) * downMean)) / daySeconds;
  }

  /** Draws the jump, if any, of the market minute that begins at `fromSeconds`. */
  planMinute(fromSeconds: number): void {
    const { perDay, branching, decayMinutes, upShare, upMean, downMean } = this.#law;
    const arrival = this.#stream.uniform();
    const moment = this.#stream.uniform();
    const direction = this.#stream.uniform();
    const rarity = this.#stream.uniform();
    const expected = perDay / dayMinutes + this.#excitement;
    this.#excitement *= this.#keep;
    if (arrival >= 1 - exp(-expected)) return;
    const size = -log(rarity);
    this.#atSeconds = fromSeconds + moment * minuteSeconds;
    this.#size = direction < upShare ? upMean * size : -downMean * size;
    this.#excitement += branching / decayMinutes;
  }

  /** The jump that falls before `toSeconds`, as a change of the log-price, or 0. */
  take(toSeconds: number): number {
    if (this.#atSeconds >= toSeconds) return 0;
    this.#atSeconds = Infinity;
    return this.#size;
  }

  snapshot(): JumpState {
    const waiting = this.#atSeconds !== Infinity;
    return {
      excitement: this.#excitement,
      atSeconds: waiting ? this.#atSeconds : null,
      size: waiting ? this.#size : 0,
    };
  }
}
