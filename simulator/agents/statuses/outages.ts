/** An outage: the agents that a scenario event puts out of service. */
import type { ScenarioEventSignal, MarketSignal } from "../../core/signals.js";
import { eventEffects } from "../core/event-effects.js";
import type { SortedMap } from "../core/sorted-map.js";
import type { Agent } from "./agent.js";

/** The agents that a scenario event names, or those of its sector, or all. */
function agentsOf({ agentIds, sectorId }: ScenarioEventSignal, agents: SortedMap<Agent>): readonly Agent[] {
  if (agentIds !== undefined) return agents.all.filter(({ id }) => agentIds.includes(id));
  return sectorId === undefined ? agents.all : agents.all.filter((agent) => agent.sectorId === sectorId);
}

/** Puts agents out of service. Returns those whose status changed. */
export function failAgents(
  scenarioEvent: ScenarioEventSignal,
  { nowMs }: MarketSignal,
  agents: SortedMap<Agent>,
): readonly Agent[] {
  if (scenarioEvent.kind !== "agentOutage") return [];
  const endsMs = nowMs + Math.max(1, scenarioEvent.durationMs ?? eventEffects.agentOutage.durationMs);
  return agentsOf(scenarioEvent, agents).filter((agent) => agent.fail(endsMs, nowMs));
}
