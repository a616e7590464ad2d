/**
 * One stream of random numbers, named after what draws from it.
 *
 * There is one for each (entity, purpose), keyed by names and never by position, so that a newcomer
 * moves nobody else's numbers. A uniform lies strictly between 0 and 1: alea gives multiples of 2^-32,
 * 0 among them, and the half step added here keeps the inverse normal finite.
 */
import alea from "seedrandom/lib/alea.js";
import { inverseNormal } from "../numeric/normal.js";
import { SIMULATOR_VERSION } from "../core/version.js";

/** What a stream needs to go on: plain JSON, about 80 bytes. */
export interface StreamState {
  readonly c: number;
  readonly s0: number;
  readonly s1: number;
  readonly s2: number;
}

/** What a stream draws from: multiples of 2^-32 in [0, 1). */
interface UniformSource {
  (): number;
  state(): StreamState;
}

const steps = 4_294_967_296;

export class Stream {
  readonly #alea: UniformSource;

  constructor(alea: UniformSource) {
    this.#alea = alea;
  }

  /** A number strictly between 0 and 1. */
  uniform(): number {
    return (Math.floor(this.#alea() * steps) + 0.5) / steps;
  }

  /** A standard normal number, at the price of exactly one uniform. */
  normal(): number {
    return inverseNormal((Math.floor(this.#alea() * steps) + 0.5) / steps);
  }

  /** The present state; a stream restored from it goes on with the same numbers. */
  state(): StreamState {
    return this.#alea.state();
  }
}

/**
 * The stream of one entity for one purpose.
 *
 * @example createStream("42", "sector", "tech-001", "price").normal()
 */
export function createStream(seed: string, kind: string, id: string, purpose: string): Stream {
  return new Stream(alea([SIMULATOR_VERSION, seed, kind, id, purpose].join("|"), { state: true }));
}

/** A stream that goes on where `state` was taken. */
export function restoreStream(state: StreamState): Stream {
  return new Stream(alea("", { state }));
}
