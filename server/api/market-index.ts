/** GET /api/index: the market's index, and the divisor by which anybody gets it from the sectors. */
import type { Router } from "@koa/router";
import type { MarketIndex } from "../../schemas/index.js";
import { formatInstant } from "../../schemas/instant.js";
import type { ApiOptions } from "./options.js";
import { priceChange } from "./price-change.js";

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
