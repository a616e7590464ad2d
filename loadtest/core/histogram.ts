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
    const iterator = this.#histogram.recordedValuesIterator;
    iterator.reset();
    while (iterator.hasNext()) {
      const { valueIteratedTo, countAtValueIteratedTo } = iterator.next();
      yield [valueIteratedTo / 1000, countAtValueIteratedTo];
    }
  }

  percentiles(): Percentiles {
    const { count } = this;
    if (count === 0) return { p50: null, p90: null, p99: null, p999: null, max: null, count };
    return {
      p50: this.percentileMs(50),
      p90: this.percentileMs(90),
      p99: this.percentileMs(99),
      p999: this.percentileMs(99.9),
      max: this.maxMs,
      count,
    };
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
