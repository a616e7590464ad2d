/**
 * The day before a timeline's start as it is stored: one row for each sector, not one for each candle. Written as
 * 15,840 rows it took most of the time of a start.
 *
 * Invariant: a row's candles have no gap between them, and are older than every candle that a tick has closed.
 */
import type { Transaction } from "kysely";
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

/** A sector's candles that begin in the range, oldest first. */
export function unpackBackfill(row: BackfillTable, { fromMs, toMs }: Pick<BucketRange, "fromMs" | "toMs">): Bucket[] {
  requireIntact(row.checksum === checksums.backfill(row), `the day before the start of ${row.sector_id}`);
  const prices = JSON.parse(row.body) as readonly number[];
  const beginMs = row.to_ms - (prices.length / pricesPerCandle) * minuteMs;
  const placeOf = (atMs: number) => Math.ceil((atMs - beginMs) / minuteMs);
  const candles: Bucket[] = [];
  const end = placeOf(Math.min(toMs, row.to_ms));
  for (let place = placeOf(Math.max(fromMs, row.from_ms)); place < end; place++) {
    const at = place * pricesPerCandle;
    const [open = 0, high = 0, low = 0, close = 0] = prices.slice(at, at + pricesPerCandle);
    candles.push({ timestampMs: beginMs + place * minuteMs, open, high, low, close });
  }
  return candles;
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
