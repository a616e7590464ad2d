/** GET /api/index: the market's index, and the divisor by which anybody gets it from the sectors. */
import type { Router } from "@koa/router";
import type { MarketIndex } from "../../schemas/index.js";
import { formatInstant } from "../../simulator/index.js";
import type { ApiOptions } from "./options.js";

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

export function addIndexRoutes(router: Router, { host }: ApiOptions): void {
  router.get("/api/index", (context) => {
    const { value, open, divisor } = host.world.index();
    const change = round2(value - open);
    const index: MarketIndex = {
      value,
      open,
      change,
      changePercent: round2((change / open) * 100),
      divisor,
      updatedAt: formatInstant(host.world.nowMs),
    };
    context.body = index;
  });
}
