/** GET /api/index: the market's index, and the divisor by which anybody gets it from the sectors. */
import type { Router } from "@koa/router";
import type { MarketIndex } from "../../schemas/index.js";
import { formatInstant } from "../../schemas/instant.js";
import type { ApiOptions } from "./options.js";

/** How far a price has moved since its session opened. No price is below 0.01. */
interface PriceChange {
  readonly change: number;
  readonly changePercent: number;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

export function priceChange(open: number, value: number): PriceChange {
  const change = round2(value - open);
  return { change, changePercent: round2((change / open) * 100) };
}

export function addIndexRoutes(router: Router, { host }: ApiOptions): void {
  router.get("/api/index", (context) => {
    const { value, open, divisor } = host.world.index();
    const index: MarketIndex = {
      value,
      open,
      ...priceChange(open, value),
      divisor,
      updatedAt: formatInstant(host.world.nowMs),
    };
    context.body = index;
  });
}
