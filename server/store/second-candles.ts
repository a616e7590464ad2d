/**
 * The 1s candles of the last simulated hour, in memory: too many to store, too fleeting to miss after a restart.
 *
 * Invariant: at most `keptMax` candles a sector.
 */
import type { Bucket, ClosedCandle } from "../../simulator/index.js";
import { type BucketRange, keptCandlesMax, rollUpRange } from "./candle-pages.js";

const secondMs = 1000;
const keptMax = 3600;
/** Rows are cut off in lots, not one by one. */
const slack = 400;

interface KeptCandle extends Bucket {
  /** That closed it. */
  readonly tick: number;
}

export interface SecondCandles {
  add(candle: ClosedCandle, tick: number): void;
  find(range: BucketRange): readonly Bucket[];
  /** Deletes what later ticks have closed. Returns how many. */
  deleteAfter(tick: number): number;
  deleteSector(sectorId: string): void;
}

export function createSecondCandles(): SecondCandles {
  const kept = new Map<string, KeptCandle[]>();
  return {
    add({ sectorId, timestampMs, open, high, low, close }, tick) {
      let rows = kept.get(sectorId);
      if (rows === undefined) kept.set(sectorId, (rows = []));
      const last = rows.at(-1);
      if (last !== undefined && last.timestampMs >= timestampMs) return;
      rows.push({ timestampMs, open, high, low, close, tick });
      if (rows.length > keptMax + slack) rows.splice(0, rows.length - keptMax);
    },
    find(range) {
      const { sectorId, fromMs, toMs, sort } = range;
      const rows = (kept.get(sectorId) ?? [])
        .slice(-keptMax)
        .filter((row) => row.timestampMs >= fromMs && row.timestampMs < toMs);
      const inOrder = sort === "asc" ? rows : rows.toReversed();
      return rollUpRange(inOrder.slice(0, keptCandlesMax(range, secondMs)), range, secondMs);
    },
    deleteAfter(tick) {
      let deleted = 0;
      for (const [sectorId, rows] of kept) {
        const staying = rows.filter((row) => row.tick <= tick);
        deleted += rows.length - staying.length;
        kept.set(sectorId, staying);
      }
      return deleted;
    },
    deleteSector(sectorId) {
      kept.delete(sectorId);
    },
  };
}
