/**
 * The tape: what a tick of the market looks like from outside. Prices, index and candles as events, and closed candles.
 *
 * While trading stands still nothing is said but the candles that close: a bucket without trades is flat.
 */
import type { ScenarioCadence } from "../../schemas/index.js";
import { formatInstant } from "../../schemas/instant.js";
import { closesBucket } from "../market/candle.js";
import type { Market } from "../market/market.js";
import type { ClosedCandle, SimEvent } from "../core/types.js";
import { candleUpdate, closedCandle, indexUpdate, sectorUpdate } from "./world-events.js";

export class MarketTape {
  readonly #market: Market;
  readonly #cadence: Required<ScenarioCadence>;
  readonly #tickMs: number;

  constructor(market: Market, cadence: Required<ScenarioCadence>, tickMs: number) {
    this.#market = market;
    this.#cadence = cadence;
    this.#tickMs = tickMs;
  }

  /** Appends what this tick says, and moves the running candles on. Call it once a tick. */
  report(tick: number, nowMs: number, events: SimEvent[], closed: ClosedCandle[]): void {
    if (tick % this.#cadence.marketEveryTicks === 0) this.#reportPrices(events, formatInstant(nowMs));
    const candlesDue = tick % this.#cadence.candleEveryTicks === 0;
    this.#reportCandles(nowMs, candlesDue, events, closed);
  }

  #reportPrices(events: SimEvent[], timestamp: string): void {
    const { sectors, index, halted } = this.#market;
    if (halted) return;
    for (const sector of sectors) if (!sector.halted) events.push(sectorUpdate(sector, timestamp));
    events.push(indexUpdate(index.value, timestamp));
  }

  #reportCandles(nowMs: number, due: boolean, events: SimEvent[], closed: ClosedCandle[]): void {
    const secondEnds = closesBucket(nowMs, this.#tickMs, 1000);
    const minuteEnds = closesBucket(nowMs, this.#tickMs, 60_000);
    const { sectors, halted } = this.#market;
    for (const sector of sectors) {
      const { second, minute, price, before } = sector;
      second.add(nowMs, price, before);
      minute.add(nowMs, price, before);
      if (minuteEnds || (due && !halted && !sector.halted)) events.push(candleUpdate(sector, minute));
      if (secondEnds) {
        closed.push(closedCandle(sector.id, "1s", second));
        second.end();
      }
      if (minuteEnds) {
        closed.push(closedCandle(sector.id, "1m", minute));
        minute.end();
      }
    }
  }
}
