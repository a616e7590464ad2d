/** Pages of candles against the plain way: all candles, rolled up at once, and cut into pages. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CandleInterval, intervalMsOf } from "../../schemas/index.js";
import { type Bucket, type BuiltInterval, type ClosedCandle, rollUp } from "../../simulator/index.js";
import { packBackfill } from "./backfill.js";
import { builtInterval } from "./candle-pages.js";
import type { CandleQuery } from "./store.js";
import { allKinds, batchOf, candleOf, openTestStore, temporaryFolder, timeline, world } from "./store.fixture.js";
import { openWorkerBackend } from "./worker-backend.js";
import { amount } from "../../schemas/amount.fixture.js";

const minuteMs = 60_000;
const runs = amount(12, 1000);
const pagesMax = 3;

function toBucket({ timestampMs, open, high, low, close }: Bucket): Bucket {
  return { timestampMs, open, high, low, close };
}

/** With the extremes now here, now there. */
function candleAt(at: number, interval: BuiltInterval): ClosedCandle {
  const timestampMs = timeline.startMs + at * intervalMsOf[interval];
  const high = 5000 + (Math.abs(at * 7919) % 1000);
  const low = 1 - (Math.abs(at * 104_729) % 1000);
  return { sectorId: "tech-001", interval, timestampMs, open: 100 + at, high, low, close: 101 + at };
}

/** All buckets that a query without a cursor means, in its order. */
function plainly(kept: readonly Bucket[], query: CandleQuery): Bucket[] {
  const intervalMs = intervalMsOf[query.interval];
  const { startMs = -Infinity, endMs = Infinity, running } = query;
  const isNewer = running !== undefined && running.timestampMs > (kept.at(-1)?.timestampMs ?? -Infinity);
  const buckets = rollUp(isNewer ? [...kept, running] : kept, intervalMs);
  const within = buckets.filter(({ timestampMs }) => timestampMs >= startMs && timestampMs < endMs);
  return query.sort === "asc" ? within : within.toReversed();
}

describe.each(allKinds)("in $kind", ({ createUrl }) => {
  test.each<CandleInterval>(["1s", "5s", "1m", "15m", "1d"])(
    "%s candles come in pages of the whole roll-up",
    async (interval) => {
      const keptMs = intervalMsOf[builtInterval(interval)];
      const span = keptMs === minuteMs ? 3000 : 1500;
      const store = await openTestStore(await createUrl());
      store.begin(timeline);
      // Two in seven are missing, and a day or so in the middle: a sector can go and come back.
      const places = Array.from({ length: span }, (_, at) => at - 1000).filter(
        (at) => at % 7 > 1 && Math.abs(at - span / 4) > span / 6,
      );
      const candles = places.map((at) => candleAt(at, builtInterval(interval)));
      store.recordBatch(batchOf(1, [], candles));
      // Minutes have a day before the start, too.
      const past = Array.from({ length: keptMs === minuteMs ? 300 : 0 }, (_, at) => candleAt(at - 1300, "1m"));
      store.saveBackfill(packBackfill(new Map([["tech-001", past]])));
      const kept = [...past, ...candles].map(toBucket);
      const newestMs = kept[kept.length - 1].timestampMs;

      const instant = fc
        .integer({ min: -1400, max: span - 800 })
        .chain((at) => fc.constantFrom(0, 1, -1).map((ms) => timeline.startMs + at * keptMs + ms));
      const running = fc
        .constantFrom(0, 1, 90)
        .map((at): Bucket => ({ timestampMs: newestMs + at * keptMs, open: 1, high: 9000, low: -9000, close: 2 }));
      const queries = fc.record(
        {
          sectorId: fc.constantFrom("tech-001", "none-001"),
          interval: fc.constant(interval),
          sort: fc.constantFrom("asc" as const, "desc" as const),
          limit: fc.integer({ min: 1, max: 200 }),
          startMs: instant,
          endMs: instant,
          running,
        },
        { requiredKeys: ["sectorId", "interval", "sort", "limit"] },
      );
      await fc.assert(
        fc.asyncProperty(queries, async (query) => {
          const expected = plainly(query.sectorId === "tech-001" ? kept : [], query);
          let cursor: string | null = null;
          for (let page = 0; page < pagesMax; page++) {
            const found = await store.candles({ ...query, ...(cursor !== null && { cursor }) });
            const from = page * query.limit;
            expect(found.data).toEqual(expected.slice(from, from + query.limit));
            expect(found.hasMore).toBe(expected.length > from + query.limit);
            expect(found.nextCursor !== null).toBe(found.hasMore);
            cursor = found.nextCursor;
            if (cursor === null) return;
          }
        }),
        { numRuns: runs },
      );
    },
  );
});

test("a page of days comes out of the store's thread as days, not as the minutes in them", async () => {
  const url = `${await temporaryFolder()}/history.db`;
  const backend = await openWorkerBackend(
    { url, ...world, reset: false, groupRowsMax: 20_000 },
    { onOutage: () => {}, onGivenUp: () => {}, onReadFailed: () => {} },
  );
  const days = 12;
  const minuteCandles = Array.from({ length: days * 1440 }, (_, at) => ({ tick: 1, candle: candleOf(at) }));
  backend.write({ kind: "ticks", lastTick: 1, messages: [], minuteCandles });
  const intervalMs = intervalMsOf["1d"];
  const range = { sectorId: "tech-001", intervalMs, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 11 } as const;
  expect(await backend.read("buckets", { ...range, sort: "desc" })).toHaveLength(11);
  await backend.close();
});
