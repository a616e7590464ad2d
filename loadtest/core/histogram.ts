/**
 * Latency histograms: recorded in microseconds with three significant digits, merged, never averaged.
 */
import { type JsHistogram, build, decodeFromCompressedBase64, encodeIntoCompressedBase64 } from "hdr-histogram-js";

const highestMicroseconds = 3_600_000_000;

/** What the summary says of a distribution, milliseconds. All null where nothing was measured. */
export interface Percentiles {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
  readonly count: number;
  /** Others that were asked for, such as `p99.5`. */
  readonly [percentile: string]: number | null;
}

export class LatencyHistogram {
  readonly #histogram = build({
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestMicroseconds,
    numberOfSignificantValueDigits: 3,
    autoResize: false,
    useWebAssembly: false,
  }) as JsHistogram;

  /** What several processes measured, as `encode` wrote it; null from those that measured nothing. */
  static merge(encoded: readonly (string | null)[]): LatencyHistogram {
    const merged = new LatencyHistogram();
    for (const one of encoded) {
      if (one !== null) merged.#histogram.add(decodeFromCompressedBase64(one, 32, false) as JsHistogram);
    }
    return merged;
  }

  /** An instant before the intended one counts as zero: nothing arrives before it is sent. */
  record(latencyMs: number, count = 1): void {
    const microseconds = latencyMs <= 0 ? 0 : Math.min(highestMicroseconds, Math.round(latencyMs * 1000));
    this.#histogram.recordValueWithCount(microseconds, count);
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  percentileMs(percent: number): number {
    // A value stands for its class: the upper end of the last one lies beyond the largest value.
    return Math.min(this.#histogram.getValueAtPercentile(percent) / 1000, this.maxMs);
  }

  get maxMs(): number {
    return this.#histogram.maxValue / 1000;
  }

  /** Each recorded value with its count, smallest first. */
  *values(): Generator<readonly [valueMs: number, count: number]> {
    const histogram = this.#histogram;
    // The library's own iterator takes five times as long.
    for (let [index, left] = [0, histogram.totalCount]; left > 0; index += 1) {
      const count = histogram.getCountAtIndex(index);
      if (count === 0) continue;
      left -= count;
      yield [histogram.highestEquivalentValue(histogram.valueFromIndex(index)) / 1000, count];
    }
  }

  /** @param others percentiles beside the usual ones, 0 to 100 */
  percentiles(others: readonly number[] = []): Percentiles {
    const { count } = this;
    const at = (percent: number) => (count === 0 ? null : this.percentileMs(percent));
    return {
      p50: at(50),
      p90: at(90),
      p99: at(99),
      p999: at(99.9),
      ...Object.fromEntries(others.map((percent) => [`p${percent}`, at(percent)])),
      max: count === 0 ? null : this.maxMs,
      count,
    };
  }

  /** What is left without those, which must be among these. */
  without(...others: readonly LatencyHistogram[]): LatencyHistogram {
    const rest = new LatencyHistogram();
    rest.add(this);
    for (const other of others) rest.#histogram.subtract(other.#histogram);
    return rest;
  }

  add(other: LatencyHistogram): void {
    this.#histogram.add(other.#histogram);
  }

  reset(): void {
    this.#histogram.reset();
  }

  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }
}
