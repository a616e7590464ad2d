/**
 * How far the server's monotonic clock is ahead of this host's, bounded by round trips.
 *
 * The bounds are those of the round trips before the run. From then on the difference stays, so that all instants of
 * the run are on one footing: what a later round trip contradicts, as clocks drift apart, only adds to the uncertainty.
 * So does what a member of a cluster states of its own clock.
 */
import { ClockBounds, type ClockReading, type Difference } from "../../simulator/index.js";

export interface MonotonicReading extends ClockReading {
  /** By how much the server's clock may be off that of its cluster, milliseconds. */
  readonly uncertaintyMs: number;
}

/** No two hosts were started within so little of each other by chance. */
const chanceMs = 5;

export class MonotonicDifference {
  readonly #isLoopback: boolean;
  readonly #bounds = new ClockBounds();
  #difference: Difference = this.#bounds.at(0);
  #driftMs = 0;
  #serverMs = 0;

  /** `isLoopback`: the address is of this host, unless the clock plainly says otherwise (a forwarded port). */
  constructor(isLoopback: boolean) {
    this.#isLoopback = isLoopback;
  }

  /** A round trip before the run. */
  narrow(reading: MonotonicReading): void {
    this.#bounds.add(reading);
    this.#difference = this.#bounds.at(reading.receivedMs);
    this.#note(reading);
  }

  /** A round trip during the run. */
  check(reading: MonotonicReading): void {
    const { otherMs, sentMs, receivedMs } = reading;
    const [lowMs, highMs] = [otherMs - receivedMs, otherMs - sentMs];
    const known = this.#difference;
    if (lowMs > known.highMs) this.#driftMs = Math.max(this.#driftMs, highMs - known.highMs);
    if (highMs < known.lowMs) this.#driftMs = Math.max(this.#driftMs, known.lowMs - lowMs);
    this.#note(reading);
  }

  /** One clock: what is known of it is exact. False before the first reading. */
  get isSameClock(): boolean {
    const { lowMs, highMs } = this.#difference;
    return lowMs <= 0 && highMs >= 0 && highMs - lowMs < (this.#isLoopback ? Infinity : chanceMs);
  }

  /** The server's clock minus this host's. */
  get aheadMs(): number {
    return this.isSameClock ? 0 : (this.#difference.lowMs + this.#difference.highMs) / 2;
  }

  /** By how much `aheadMs` may be off, either way. */
  get uncertaintyMs(): number {
    const { lowMs, highMs } = this.#difference;
    return this.#serverMs + (this.isSameClock ? 0 : (highMs - lowMs) / 2 + this.#driftMs);
  }

  #note({ uncertaintyMs }: MonotonicReading): void {
    this.#serverMs = Math.max(this.#serverMs, uncertaintyMs);
  }
}
