/** GET /api/scenarios: what a simulation can be reset to, and what happens in it when. */
import type { Router } from "@koa/router";
import type { Scenario, ScenarioOutline, ScenarioOutlineList } from "../../schemas/index.js";
import { shippedScenarios } from "../../simulator/index.js";
import type { ApiOptions } from "./options.js";

function toOutline({ name, title, description, events = [] }: Scenario): ScenarioOutline {
  return { name, title, description, events };
}

export function addScenarioRoutes(router: Router, { host }: ApiOptions): void {
  router.get("/api/scenarios", (context) => {
    // A scenario of one's own is played, but comes with nothing else.
    const playable = new Map<string, Scenario>(shippedScenarios).set(host.world.scenario.name, host.world.scenario);
    const list: ScenarioOutlineList = { data: [...playable.values()].map(toOutline), nextCursor: null, hasMore: false };
    context.body = list;
  });
}
