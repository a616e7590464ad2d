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
  const buckets: Bucket[] = [];
  let from = 0;
  while (from < candles.length) {
    const timestampMs = Math.floor(candles[from].timestampMs / intervalMs) * intervalMs;
    let { high, low } = candles[from];
    let to = from + 1;
    for (; to < candles.length && candles[to].timestampMs < timestampMs + intervalMs; to++) {
      high = Math.max(high, candles[to].high);
      low = Math.min(low, candles[to].low);
    }
    buckets.push({ timestampMs, open: candles[from].open, high, low, close: candles[to - 1].close });
    from = to;
  }
  return buckets;
}
