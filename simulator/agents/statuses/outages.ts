/** An outage: the agents that a scenario event puts out of service. */
import type { HappeningSignal, MarketSignal } from "../../core/signals.js";
import { happeningLaws } from "../core/event-effects.js";
import type { Register } from "../core/sorted-map.js";
import type { Agent } from "./agent.js";

/** The agents that a happening names, or those of its sector, or all. */
function agentsOf({ agentIds, sectorId }: HappeningSignal, agents: Register<Agent>): readonly Agent[] {
  if (agentIds !== undefined) return agents.all.filter(({ id }) => agentIds.includes(id));
  return sectorId === undefined ? agents.all : agents.all.filter((agent) => agent.sectorId === sectorId);
}

/** Puts agents out of service. Returns those whose status changed. */
export function failAgents(
  happening: HappeningSignal,
  { nowMs }: MarketSignal,
  agents: Register<Agent>,
): readonly Agent[] {
  if (happening.kind !== "agentOutage") return [];
  const endsMs = nowMs + Math.max(1, happening.durationMs ?? happeningLaws.agentOutage.durationMs);
  return agentsOf(happening, agents).filter((agent) => agent.fail(endsMs, nowMs));
}
