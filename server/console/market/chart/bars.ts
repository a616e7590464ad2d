/**
 * The candles of one chart, oldest first: history from REST and the live ones in one row.
 *
 * Invariant: times rise, each bar begins at a whole interval, and there are at most `barsMax`.
 */

/** In the chart library's terms: seconds since the epoch, because its times are whole seconds. */
export interface Bar {
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** What a chart keeps; beyond it the oldest go, unless they are being looked at. */
export const barsMax = 10_000;
/** How many go at once, so that it is not done at each new bar. */
const dropped = 2000;

export class Bars {
  readonly #intervalSeconds: number;
  #bars: Bar[] = [];

  constructor(intervalMs: number) {
    this.#intervalSeconds = intervalMs / 1000;
  }

  get all(): readonly Bar[] {
    return this.#bars;
  }

  get last(): Bar | undefined {
    return this.#bars.at(-1);
  }

  /** Puts older bars before those that are there. */
  prepend(older: readonly Bar[]): void {
    const first = this.#bars.at(0)?.time ?? Infinity;
    this.#bars = [...older.filter(({ time }) => time < first), ...this.#bars];
  }

  /** Takes over the newest bars as fetched; where they do not reach back to what is there, they take its place. */
  takeNewest(newest: readonly Bar[]): void {
    const from = newest.at(0)?.time;
    const last = this.last?.time;
    if (from === undefined) return;
    const isJoined = last !== undefined && from <= last + this.#intervalSeconds;
    if (!isJoined) {
      this.#bars = [...newest];
      return;
    }
    // Bars that began while the newest were fetched stay.
    const to = newest.at(-1)?.time ?? from;
    const [before, after] = [this.#bars.filter(({ time }) => time < from), this.#bars.filter(({ time }) => time > to)];
    this.#bars = [...before, ...newest, ...after];
  }

  clear(): void {
    this.#bars = [];
  }

  /**
   * Lets the running bar take in a value, or a candle of a shorter interval, and returns the bar's time;
   * what belongs to a bar that is closed is ignored.
   */
  note(atMs: number, { open, high, low, close }: Omit<Bar, "time">, isCandle = false): number | undefined {
    const atSeconds = Math.floor(atMs / 1000);
    const time = atSeconds - (atSeconds % this.#intervalSeconds);
    const { last } = this;
    if (last !== undefined && time < last.time) return undefined;
    if (last?.time !== time) {
      this.#bars.push({ time, open, high, low, close });
      return time;
    }
    this.#bars[this.#bars.length - 1] = {
      time,
      // The candle that begins the bar knows its open; a value may have come before it.
      open: isCandle && atSeconds === time ? open : last.open,
      high: Math.max(last.high, high),
      low: Math.min(last.low, low),
      close,
    };
    return time;
  }

  /** Drops the oldest bars where there are too many. True where it did. */
  trim(): boolean {
    if (this.#bars.length <= barsMax) return false;
    this.#bars.splice(0, dropped);
    return true;
  }
}
