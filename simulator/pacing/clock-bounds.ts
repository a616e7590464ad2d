/**
 * How far another clock is ahead of the own one, bounded by round trips. Both are monotonic, of different hosts.
 *
 * An answer says what the other clock showed at some instant between sending and receiving. Clocks drift apart, so a
 * reading bounds less the older it gets; the bounds are the intersection of the latest ones. A reading that contradicts
 * older ones replaces them: one of the clocks was moved.
 */

/** What the other clock showed at an instant between two of the own one, milliseconds. */
export interface ClockReading {
  readonly otherMs: number;
  readonly sentMs: number;
  readonly receivedMs: number;
}

/** The other clock minus the own one, milliseconds. */
export interface Difference {
  readonly lowMs: number;
  readonly highMs: number;
}

/** Two clocks come apart by no more than so much of the time that passes: 100 ppm. */
export const driftMax = 1e-4;
const readingMsMax = 30_000;

export class ClockBounds {
  readonly #driftMax: number;
  /** Oldest first. */
  #readings: (Difference & { readonly sinceMs: number })[] = [];

  /** @param driftMost how far the two clocks may come apart, as a share of the time that passes */
  constructor(driftMost = driftMax) {
    this.#driftMax = driftMost;
  }

  /** False before the first reading. */
  get isBounded(): boolean {
    return this.#readings.length > 0;
  }

  add({ otherMs, sentMs, receivedMs }: ClockReading): void {
    this.#readings = this.#readings.filter(({ sinceMs }) => receivedMs - sinceMs <= readingMsMax);
    this.#readings.push({ lowMs: otherMs - receivedMs, highMs: otherMs - sentMs, sinceMs: sentMs });
  }

  /** The other clock was moved, by no more than so much either way. */
  widen(byMs: number): void {
    this.#readings = this.#readings.map(({ lowMs, highMs, sinceMs }) => ({
      lowMs: lowMs - byMs,
      highMs: highMs + byMs,
      sinceMs,
    }));
  }

  clear(): void {
    this.#readings = [];
  }

  /** @param nowMs on the own clock, not before the last reading */
  at(nowMs: number): Difference {
    let [lowMs, highMs] = [-Infinity, Infinity];
    for (const reading of this.#readings.toReversed()) {
      const driftMs = (nowMs - reading.sinceMs) * this.#driftMax;
      const next = {
        lowMs: Math.max(lowMs, reading.lowMs - driftMs),
        highMs: Math.min(highMs, reading.highMs + driftMs),
      };
      if (next.lowMs > next.highMs) break;
      ({ lowMs, highMs } = next);
    }
    return { lowMs, highMs };
  }
}
