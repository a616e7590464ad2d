/**
 * Pages of candles of any interval, rolled up on reading from the candles that are kept.
 *
 * A bucket belongs to a range when its first millisecond does. The running candle joins at the newest
 * end, so the last bucket is as fresh as the market.
 */
import { decodeNumberCursor, encodeNumberCursor } from "./cursor.js";
import { intervalMsOf } from "../../schemas/index.js";
import { type Bucket, rollUp } from "../../simulator/index.js";
import type { CandleRange } from "./reads.js";
import type { CandleQuery, Page } from "./store.js";

/** Beyond every instant that a date can have. */
const foreverMs = 8_640_000_000_000_000;

function alignUp(atMs: number, intervalMs: number): number {
  return Math.ceil(atMs / intervalMs) * intervalMs;
}

/** The kept candles that the buckets of a page are made of, with one bucket more to tell whether there is a next page. */
function rangeOf(query: CandleQuery, keptMs: number): CandleRange {
  const intervalMs = intervalMsOf[query.interval];
  const after = query.cursor === undefined ? undefined : decodeNumberCursor(query.cursor);
  let fromMs = query.startMs ?? -foreverMs;
  let toMs = query.endMs ?? foreverMs;
  if (after !== undefined && query.sort === "asc") fromMs = Math.max(fromMs, after + 1);
  if (after !== undefined && query.sort === "desc") toMs = Math.min(toMs, after);
  const limit = (query.limit + 1) * (intervalMs / keptMs);
  return {
    sectorId: query.sectorId,
    sort: query.sort,
    fromMs: alignUp(fromMs, intervalMs),
    toMs: alignUp(toMs, intervalMs),
    limit,
  };
}

function withRunning(rows: readonly Bucket[], running: Bucket | undefined, range: CandleRange): readonly Bucket[] {
  if (running === undefined || running.timestampMs < range.fromMs || running.timestampMs >= range.toMs) return rows;
  const newest = range.sort === "asc" ? rows.at(-1) : rows[0];
  if (newest !== undefined && newest.timestampMs >= running.timestampMs) return rows;
  if (range.sort === "desc") return [running, ...rows];
  // Oldest first it comes last, unless older ones fill the page.
  return rows.length < range.limit ? [...rows, running] : rows;
}

/** One page; `find` gives the kept candles of a range, of which each is `keptMs` long. */
export async function pageCandles(
  query: CandleQuery,
  keptMs: number,
  find: (range: CandleRange) => Promise<readonly Bucket[]>,
): Promise<Page<Bucket>> {
  const range = rangeOf(query, keptMs);
  const found = withRunning(await find(range), query.running, range);
  const oldestFirst = range.sort === "asc" ? found : found.toReversed();
  const buckets = rollUp(oldestFirst, intervalMsOf[query.interval]);
  const ordered = range.sort === "asc" ? buckets : buckets.toReversed();
  const data = ordered.slice(0, query.limit);
  const last = data.at(-1);
  const hasMore = ordered.length > query.limit;
  return { data, nextCursor: hasMore && last !== undefined ? encodeNumberCursor(last.timestampMs) : null, hasMore };
}
