/**
 * The market as it is shown: events with their keys in the documented order, closed candles, views.
 * What is broadcast is what is digested.
 */
import { roundPrice } from "../numeric/price.js";
import type { RunningCandle } from "../market/candle.js";
import type { Sector } from "../market/sector.js";
import type { ClosedCandle, SectorView, SimEvent } from "../core/types.js";
import { formatInstant } from "../../schemas/instant.js";

/** The entity under which the index's events are digested. */
export const indexEntity = "index";

export function sectorUpdate(sector: Sector, timestamp: string): SimEvent {
  return {
    event: "market:update",
    payload: { sectorId: sector.id, value: sector.quote, timestamp },
    entity: sector.id,
  };
}

export function indexUpdate(value: number, timestamp: string): SimEvent {
  return { event: "market:update", payload: { indexValue: roundPrice(value), timestamp }, entity: indexEntity };
}

export function candleUpdate(sector: Sector, candle: RunningCandle): SimEvent {
  const close = roundPrice(candle.close);
  return {
    event: "sector:candle_update",
    payload: {
      sectorId: sector.id,
      candle: {
        timestamp: formatBucket(candle.timestampMs),
        value: close,
        open: roundPrice(candle.open),
        high: roundPrice(candle.high),
        low: roundPrice(candle.low),
        close,
      },
    },
    entity: sector.id,
  };
}

export function closedCandle(
  sectorId: string,
  interval: ClosedCandle["interval"],
  candle: RunningCandle,
): ClosedCandle {
  return {
    sectorId,
    interval,
    timestampMs: candle.timestampMs,
    open: roundPrice(candle.open),
    high: roundPrice(candle.high),
    low: roundPrice(candle.low),
    close: roundPrice(candle.close),
  };
}

export function viewSector(sector: Sector, nowMs: number): SectorView {
  const { id, name, quote, openQuote, indexWeight, beta, idioVolatilityPercent, revision } = sector;
  return {
    id,
    name,
    value: quote,
    open: openQuote,
    indexWeight,
    beta,
    idioVolatilityPercent,
    updatedAtMs: nowMs,
    revision,
  };
}

let lastBucketMs = Number.NaN;
let lastBucket = "";

/** All sectors' candles begin at the same instants, which are not the tick's. */
function formatBucket(timestampMs: number): string {
  if (timestampMs !== lastBucketMs) {
    lastBucket = formatInstant(timestampMs);
    lastBucketMs = timestampMs;
  }
  return lastBucket;
}
