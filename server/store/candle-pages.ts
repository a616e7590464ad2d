/** Pages of candles of any interval: which buckets a query asks for, and where the next page goes on. */
import { decodeNumberCursor, encodeNumberCursor } from "./cursor.js";
import { intervalMsOf } from "../../schemas/index.js";
import type { Bucket } from "../../simulator/index.js";
import type { BucketRange } from "./bucket-range.js";
import type { CandleQuery, Page } from "./store.js";

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
