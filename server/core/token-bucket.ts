/**
 * A token bucket in one number, because every connection has one: so many at once, so many a second for long.
 *
 * It keeps no tokens but the instant at which the bucket will be full again (the generic cell rate algorithm).
 */

export interface BucketLimits {
  /** Zero means no limit. */
  readonly perSecondMax: number;
  readonly burstMax: number;
}

export class TokenBucket {
  #fullAtMs = 0;

  /** Takes a token; false when there is none left. */
  take({ perSecondMax, burstMax }: BucketLimits, nowMs: number): boolean {
    if (perSecondMax === 0) return true;
    const tokenMs = 1000 / perSecondMax;
    const fullAtMs = Math.max(this.#fullAtMs, nowMs) + tokenMs;
    if (fullAtMs - nowMs > burstMax * tokenMs) return false;
    this.#fullAtMs = fullAtMs;
    return true;
  }
}
