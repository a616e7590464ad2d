/**
 * The market's regime: calm, normal or stress, each for a while of its own law (a semi-Markov chain).
 *
 * Dwell times are lognormal, so neither memoryless nor regular. Every market minute costs two draws,
 * change or not.
 */
import type { ScenarioRegimes } from "../../schemas/index.js";
import { exp } from "../numeric/exp-log.js";
import type { Stream } from "../random/stream.js";
import { daySeconds, minuteSeconds } from "./units.js";

export type RegimeName = "calm" | "normal" | "stress";

export interface RegimeState {
  readonly name: RegimeName;
  readonly minutesLeft: number;
}

const dayMinutes = daySeconds / minuteSeconds;
/** Spread of the logarithm of a dwell time. */
const dwellSpread = 0.8;
/** Where a regime leads: the first one with this probability, otherwise the second. */
const ways: Readonly<
  Record<RegimeName, { readonly first: RegimeName; readonly share: number; readonly second: RegimeName }>
> = {
  calm: { first: "normal", share: 0.9, second: "stress" },
  normal: { first: "calm", share: 0.75, second: "stress" },
  stress: { first: "normal", share: 0.8, second: "calm" },
};

export class Regime {
  readonly #law: Required<ScenarioRegimes>;
  readonly #stream: Stream;
  #name: RegimeName;
  #minutesLeft: number;

  constructor(law: Required<ScenarioRegimes>, stream: Stream, state?: RegimeState) {
    this.#law = law;
    this.#stream = stream;
    this.#name = state?.name ?? law.initial;
    this.#minutesLeft = state?.minutesLeft ?? this.#dwell(stream.normal());
  }

  get name(): RegimeName {
    return this.#name;
  }

  stepMinute(): void {
    const length = this.#stream.normal();
    const way = this.#stream.uniform();
    if (!this.#law.changing) return;
    this.#minutesLeft -= 1;
    if (this.#minutesLeft > 0) return;
    const { first, share, second } = ways[this.#name];
    this.#name = way < share ? first : second;
    this.#minutesLeft = this.#dwell(length);
  }

  snapshot(): RegimeState {
    return { name: this.#name, minutesLeft: this.#minutesLeft };
  }

  #dwell(normal: number): number {
    const meanDays = this.#law[`${this.#name}MeanDays`];
    return Math.max(1, Math.round(meanDays * dayMinutes * exp(dwellSpread * normal - (dwellSpread * dwellSpread) / 2)));
  }
}

/** What a regime does to volatility. */
export function regimeFactor(law: Required<ScenarioRegimes>, name: RegimeName): number {
  return law[`${name}Factor`];
}
