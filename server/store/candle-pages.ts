/**
 * Pages of candles of any interval. Buckets are rolled up where the candles are kept: a page of days leaves the store's
 * thread as its few buckets, not as the tens of thousands of minutes that they are made of.
 *
 * A bucket belongs to a range when its first millisecond does. The running candle joins at the newest end, so the
 * last bucket is as fresh as the market.
 */
import { type CandleInterval, intervalMsOf } from "../../schemas/candle-intervals.js";
import type { BuiltInterval } from "../../simulator/index.js";
// Not by its index: the whole simulator, loaded, is half of what it takes to start the thread.
import { type Bucket, rollUp } from "../../simulator/market/roll-up.js";
import { decodeNumberCursor, encodeNumberCursor } from "./cursor.js";
import type { CandleQuery, Page } from "./store.js";

/** Which of the candles that the world builds itself those of an interval are rolled up from. */
export function builtInterval(interval: CandleInterval): BuiltInterval {
  return intervalMsOf[interval] < intervalMsOf["1m"] ? "1s" : "1m";
}

export interface BucketRange {
  readonly sectorId: string;
  /** Of one bucket, milliseconds; `fromMs` and `toMs` are multiples of it. */
  readonly intervalMs: number;
  /** Inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly sort: "asc" | "desc";
  /** Buckets at most. */
  readonly limit: number;
  /** The sector's running candle, as long as those that are kept. */
  readonly running?: Bucket;
}

/** How many kept candles of `keptMs` each a range takes at most. */
export function keptCandlesMax({ limit, intervalMs }: BucketRange, keptMs: number): number {
  return limit * (intervalMs / keptMs);
}

function withRunning(kept: readonly Bucket[], range: BucketRange, isCut: boolean): readonly Bucket[] {
  const { running } = range;
  if (running === undefined || running.timestampMs < range.fromMs || running.timestampMs >= range.toMs) return kept;
  const newest = range.sort === "asc" ? kept.at(-1) : kept[0];
  if (newest !== undefined && newest.timestampMs >= running.timestampMs) return kept;
  if (range.sort === "desc") return [running, ...kept];
  // Oldest first it comes last, unless older ones fill the page.
  return isCut ? kept : [...kept, running];
}

/** The buckets of a range, in its order, of its first `keptCandlesMax` candles in that order. */
export function rollUpRange(kept: readonly Bucket[], range: BucketRange, keptMs: number): readonly Bucket[] {
  const candles = withRunning(kept, range, kept.length >= keptCandlesMax(range, keptMs));
  const buckets = rollUp(range.sort === "asc" ? candles : candles.toReversed(), range.intervalMs);
  return (range.sort === "asc" ? buckets : buckets.toReversed()).slice(0, range.limit);
}

/** Beyond every instant that a date can have. */
const foreverMs = 8_640_000_000_000_000;

function alignUp(atMs: number, intervalMs: number): number {
  return Math.ceil(atMs / intervalMs) * intervalMs;
}

/** The buckets of a page, with one more to tell whether there is a next page. */
function rangeOf(query: CandleQuery): BucketRange {
  const intervalMs = intervalMsOf[query.interval];
  const after = query.cursor === undefined ? undefined : decodeNumberCursor(query.cursor);
  let fromMs = query.startMs ?? -foreverMs;
  let toMs = query.endMs ?? foreverMs;
  if (after !== undefined && query.sort === "asc") fromMs = Math.max(fromMs, after + 1);
  if (after !== undefined && query.sort === "desc") toMs = Math.min(toMs, after);
  return {
    sectorId: query.sectorId,
    intervalMs,
    sort: query.sort,
    fromMs: alignUp(fromMs, intervalMs),
    toMs: alignUp(toMs, intervalMs),
    limit: query.limit + 1,
    ...(query.running && { running: query.running }),
  };
}

/** One page; `find` gives the buckets of a range. */
export async function pageCandles(
  query: CandleQuery,
  find: (range: BucketRange) => Promise<readonly Bucket[]>,
): Promise<Page<Bucket>> {
  const buckets = await find(rangeOf(query));
  const data = buckets.slice(0, query.limit);
  const last = data.at(-1);
  const hasMore = buckets.length > query.limit;
  return { data, nextCursor: hasMore && last !== undefined ? encodeNumberCursor(last.timestampMs) : null, hasMore };
}
