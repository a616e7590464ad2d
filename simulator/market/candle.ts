/**
 * The running candle of one sector and one interval.
 *
 * A bucket is floor(t / interval) * interval, UTC. Its open is the price before its first tick, so candles join
 * without gaps. The tick that is the last to fall into a bucket closes it: with a fixed tick that is known in
 * advance, so a candle's final update leaves inside its own minute and is the last that carries its timestamp.
 */
export type CandleState = readonly [timestampMs: number, open: number, high: number, low: number, close: number];

export class RunningCandle {
  readonly intervalMs: number;
  /** NaN before the first tick of a bucket. */
  timestampMs = Number.NaN;
  open = 0;
  high = 0;
  low = 0;
  close = 0;

  constructor(intervalMs: number, state?: CandleState | null) {
    this.intervalMs = intervalMs;
    if (state) [this.timestampMs, this.open, this.high, this.low, this.close] = state;
  }

  /** True once a tick has fallen into the bucket and none has closed it. */
  get begun(): boolean {
    return this.timestampMs === this.timestampMs;
  }

  /** Takes the price at an instant, `before` being the price one tick earlier. */
  add(nowMs: number, price: number, before: number): void {
    if (this.timestampMs !== this.timestampMs) {
      this.timestampMs = Math.floor(nowMs / this.intervalMs) * this.intervalMs;
      this.open = before;
      this.high = before > price ? before : price;
      this.low = before < price ? before : price;
    } else if (price > this.high) this.high = price;
    else if (price < this.low) this.low = price;
    this.close = price;
  }

  /** Ends the bucket; the next tick begins another. */
  end(): void {
    this.timestampMs = Number.NaN;
  }

  snapshot(): CandleState | null {
    return this.begun ? [this.timestampMs, this.open, this.high, this.low, this.close] : null;
  }
}

/** True when the tick after this one falls into another bucket. */
export function closesBucket(nowMs: number, tickMs: number, intervalMs: number): boolean {
  return Math.floor((nowMs + tickMs) / intervalMs) !== Math.floor(nowMs / intervalMs);
}
