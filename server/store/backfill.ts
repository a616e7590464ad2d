/**
 * The day before a timeline's start as it is stored: one row for each sector, not one for each candle. Written as
 * 15,840 rows it took most of the time of a start.
 *
 * Invariant: a row's candles have no gap between them, and are older than every candle that a tick has closed.
 */
import type { Kysely, Transaction } from "kysely";
import type { Bucket, ClosedCandle } from "../../simulator/index.js";
import type { BucketRange } from "./candle-pages.js";
import { checksums, requireIntact } from "./checksums.js";
import type { BackfillTable, Tables } from "./tables.js";

const minuteMs = 60_000;
/** Open, high, low and close. */
const pricesPerCandle = 4;

export function packBackfill(candles: ReadonlyMap<string, readonly ClosedCandle[]>): BackfillTable[] {
  return [...candles].flatMap(([sectorId, all]) => {
    const [first] = all;
    if (first === undefined) return [];
    const { timestampMs: fromMs } = first;
    const toMs = fromMs + all.length * minuteMs;
    if (all.at(-1)?.timestampMs !== toMs - minuteMs) throw new RangeError(`The backfill of ${sectorId} has a gap.`);
    const prices: number[] = [];
    for (const { open, high, low, close } of all) prices.push(open, high, low, close);
    const row = { sector_id: sectorId, from_ms: fromMs, to_ms: toMs, body: JSON.stringify(prices) };
    return [{ ...row, checksum: checksums.backfill(row) }];
  });
}

/** The prices of a row, four a candle. @throws {DamagedRowError} where it is not as it was written */
function unpackPrices(row: BackfillTable): Float64Array {
  requireIntact(row.checksum === checksums.backfill(row), `the day before the start of ${row.sector_id}`);
  return Float64Array.from(JSON.parse(row.body) as readonly number[]);
}

/** A row whose prices were read and verified. */
interface ReadRow extends Pick<BackfillTable, "from_ms" | "to_ms" | "checksum"> {
  readonly prices: Float64Array;
}

/** Of the range, the first candles in its order, at most so many; returned oldest first. */
function candlesOf({ from_ms, to_ms, prices }: ReadRow, range: BucketRange, candlesMax: number): Bucket[] {
  const beginMs = to_ms - (prices.length / pricesPerCandle) * minuteMs;
  const placeOf = (atMs: number) => Math.ceil((atMs - beginMs) / minuteMs);
  let place = placeOf(Math.max(range.fromMs, from_ms));
  let end = placeOf(Math.min(range.toMs, to_ms));
  if (range.sort === "asc") end = Math.min(end, place + candlesMax);
  else place = Math.max(place, end - candlesMax);
  const candles: Bucket[] = [];
  for (; place < end; place++) {
    const [open = 0, high = 0, low = 0, close = 0] = prices.subarray(place * pricesPerCandle);
    candles.push({ timestampMs: beginMs + place * minuteMs, open, high, low, close });
  }
  return candles;
}

/**
 * Reads a sector's candles of the day before the start: of the range, the first in its order, at most so many; returned
 * oldest first. Prices are kept as they were verified, so that a page does not parse a whole day again.
 */
export function createBackfillReader(
  db: Kysely<Tables>,
): (range: BucketRange, candlesMax: number) => Promise<readonly Bucket[]> {
  const known = new Map<string, ReadRow>();
  return async (range, candlesMax) => {
    const { sectorId } = range;
    const stored = await db
      .selectFrom("backfill")
      .select(["from_ms", "to_ms", "checksum"])
      .where("sector_id", "=", sectorId)
      .executeTakeFirst();
    if (stored === undefined) {
      known.delete(sectorId);
      return [];
    }
    if (candlesMax <= 0 || stored.from_ms >= range.toMs || stored.to_ms <= range.fromMs) return [];
    let read = known.get(sectorId);
    if (read?.checksum !== stored.checksum) {
      const row = await db.selectFrom("backfill").selectAll().where("sector_id", "=", sectorId).executeTakeFirst();
      if (row === undefined) return [];
      read = { ...row, prices: unpackPrices(row) };
      known.set(sectorId, read);
    }
    return candlesOf(read, range, candlesMax);
  };
}

/** How many candles a row has. */
export function countBackfill({ from_ms: fromMs, to_ms: toMs }: Pick<BackfillTable, "from_ms" | "to_ms">): number {
  return (toMs - fromMs) / minuteMs;
}

/** Deletes the candles that begin before an instant. A damaged row stays as it is: who reads it finds that out. */
export async function pruneBackfill(trx: Transaction<Tables>, beforeMs: number): Promise<void> {
  await trx.deleteFrom("backfill").where("to_ms", "<=", beforeMs).execute();
  const rows = await trx.selectFrom("backfill").selectAll().where("from_ms", "<", beforeMs).execute();
  for (const row of rows) {
    if (row.checksum !== checksums.backfill(row)) continue;
    const from = row.from_ms + Math.ceil((beforeMs - row.from_ms) / minuteMs) * minuteMs;
    const cut = { from_ms: from, checksum: checksums.backfill({ ...row, from_ms: from }) };
    await trx.updateTable("backfill").set(cut).where("sector_id", "=", row.sector_id).execute();
  }
}
