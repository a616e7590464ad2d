/**
 * Candles of longer intervals, made from shorter ones.
 *
 * Buckets are floor(t / interval) * interval in UTC. Because the simulator's prices are rounded monotonically, a
 * roll-up equals a candle built from the ticks themselves. Where candles are missing (before a sector existed),
 * so is the bucket, or the part of it: nothing is made up.
 */
export interface Bucket {
  /** The bucket's first millisecond. */
  readonly timestampMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/**
 * Rolls up candles of one sector, oldest first.
 *
 * @example rollUp(minuteCandles, intervalMsOf["5m"])
 */
export function rollUp(candles: readonly Bucket[], intervalMs: number): Bucket[] {
  const buckets: { -readonly [key in keyof Bucket]: Bucket[key] }[] = [];
  for (const { timestampMs, open, high, low, close } of candles) {
    const begin = Math.floor(timestampMs / intervalMs) * intervalMs;
    const bucket = buckets.at(-1);
    if (bucket?.timestampMs === begin) {
      bucket.high = Math.max(bucket.high, high);
      bucket.low = Math.min(bucket.low, low);
      bucket.close = close;
    } else buckets.push({ timestampMs: begin, open, high, low, close });
  }
  return buckets;
}
