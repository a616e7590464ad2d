/**
 * How far the server's monotonic clock is ahead of this host's, bounded by round trips.
 *
 * An answer says what the clock showed at some instant between sending and receiving; the bounds are the
 * intersection of the round trips before the run. From then on the difference stays, so that all instants of the
 * run are on one footing: what a later round trip contradicts, as clocks drift apart, only adds to the uncertainty.
 */

export interface MonotonicReading {
  /** The server's clock when it answered, milliseconds. */
  readonly serverMs: number;
  /** This host's clock, no later than the request left and no earlier than the answer came. */
  readonly sentMs: number;
  readonly receivedMs: number;
}

/** No two hosts were started within so little of each other by chance. */
const chanceMs = 5;

export class MonotonicDifference {
  readonly #isLoopback: boolean;
  #lowMs = -Infinity;
  #highMs = Infinity;
  #driftMs = 0;

  /** `isLoopback`: the address is of this host, unless the clock plainly says otherwise (a forwarded port). */
  constructor(isLoopback: boolean) {
    this.#isLoopback = isLoopback;
  }

  /** A round trip before the run. */
  narrow({ serverMs, sentMs, receivedMs }: MonotonicReading): void {
    const [lowMs, highMs] = [serverMs - receivedMs, serverMs - sentMs];
    const areContrary = lowMs > this.#highMs || highMs < this.#lowMs;
    this.#lowMs = areContrary ? Math.min(this.#lowMs, lowMs) : Math.max(this.#lowMs, lowMs);
    this.#highMs = areContrary ? Math.max(this.#highMs, highMs) : Math.min(this.#highMs, highMs);
  }

  /** A round trip during the run. */
  check({ serverMs, sentMs, receivedMs }: MonotonicReading): void {
    const [lowMs, highMs] = [serverMs - receivedMs, serverMs - sentMs];
    if (lowMs > this.#highMs) this.#driftMs = Math.max(this.#driftMs, highMs - this.#highMs);
    if (highMs < this.#lowMs) this.#driftMs = Math.max(this.#driftMs, this.#lowMs - lowMs);
  }

  /** One clock: what is known of it is exact. False before the first reading. */
  get isSameClock(): boolean {
    const holdsZero = this.#lowMs <= 0 && this.#highMs >= 0;
    const widthMs = this.#highMs - this.#lowMs;
    return holdsZero && widthMs < (this.#isLoopback ? Infinity : chanceMs);
  }

  /** The server's clock minus this host's. */
  get aheadMs(): number {
    return this.isSameClock ? 0 : (this.#lowMs + this.#highMs) / 2;
  }

  /** By how much `aheadMs` may be off, either way. */
  get uncertaintyMs(): number {
    return this.isSameClock ? 0 : (this.#highMs - this.#lowMs) / 2 + this.#driftMs;
  }
}
