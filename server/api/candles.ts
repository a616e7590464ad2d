/** /api/sectors/:id/candles: a sector's history by range, oldest or newest first, the running candle included. */
import type { Router } from "@koa/router";
import { type Candle, type CandleInterval, candleIntervals, intervalMsOf } from "../../schemas/index.js";
import { formatInstant } from "../../schemas/instant.js";
import { type Bucket } from "../../simulator/index.js";
import { builtInterval } from "../store/candle-pages.js";
import type { CandleQuery } from "../store/store.js";
import type { ApiOptions } from "./options.js";
import { linkNextPage } from "./paging.js";
import { pathParameter, readChoice, readInstantMs, readPageQuery } from "./query.js";
import { requireSector } from "./sectors.js";
import type { StoreReads } from "./store-reads.js";

/** The last tick that falls into a bucket closes it, so a bucket that ends at the next tick is closed already. */
function toCandle(bucket: Bucket, intervalMs: number, nextTickMs: number): Candle {
  return {
    timestamp: formatInstant(bucket.timestampMs),
    value: bucket.close,
    open: bucket.open,
    high: bucket.high,
    low: bucket.low,
    close: bucket.close,
    closed: bucket.timestampMs + intervalMs <= nextTickMs,
  };
}

export function addCandleRoutes(router: Router, { host, store }: ApiOptions, reads: StoreReads): void {
  router.get("/api/sectors/:id/candles", async (context) => {
    const { world } = host;
    const { id: sectorId } = requireSector(world, pathParameter(context, "id"));
    const interval: CandleInterval = readChoice(context, "interval", candleIntervals, "1m");
    const startMs = readInstantMs(context, "start");
    const endMs = readInstantMs(context, "end");
    const intervalMs = intervalMsOf[interval];
    const running = world.openCandle(sectorId, builtInterval(interval));
    const nextTickMs = world.nowMs + world.tickMs;
    const query: CandleQuery = {
      sectorId,
      interval,
      sort: readChoice(context, "sort", ["asc", "desc"], "asc"),
      ...readPageQuery(context),
      ...(startMs === undefined ? {} : { startMs }),
      ...(endMs === undefined ? {} : { endMs }),
      ...(running === undefined ? {} : { running }),
    };
    const page = await reads.run(() => store.candles(query));
    linkNextPage(context, page.nextCursor);
    context.body = { ...page, data: page.data.map((bucket) => toCandle(bucket, intervalMs, nextTickMs)) };
  });
}
