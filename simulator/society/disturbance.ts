/** What a happening does to agents and rooms at the tick at which it starts. */
import type { Agent } from "./agent.js";
import type { Spur } from "./attention.js";
import { happeningLaws } from "./happening-laws.js";
import type { Register } from "./register.js";
import type { Room } from "./room.js";
import type { HappeningSignal, MarketSignal } from "./types.js";

/** Agents by name up to so many; more are a crowd. */
const namesMax = 3;

/** The agents that a happening names, or those of its sector, or all. */
function agentsOf({ agentIds, sectorId }: HappeningSignal, agents: Register<Agent>): readonly Agent[] {
  if (agentIds !== undefined) return agents.all.filter(({ id }) => agentIds.includes(id));
  return sectorId === undefined ? agents.all : agents.all.filter((agent) => agent.sectorId === sectorId);
}

/**
 * How those who are missing are called.
 *
 * By name only where the scenario names them: a newcomer in the sector must not change what others say.
 */
function missing({ agentIds, sectorId }: HappeningSignal, agents: Register<Agent>, { sectors }: MarketSignal): string {
  const names = (agentIds ?? []).map((id) => agents.get(id)?.name).filter((name) => name !== undefined);
  if (names.length > 0 && names.length <= namesMax) return names.join(names.length === 2 ? " and " : ", ");
  const sector = sectors.find(({ id }) => id === sectorId);
  return sector === undefined ? "several agents" : `the ${sector.name} desk`;
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

/** Gives rooms something to talk about. */
export function stirRooms(
  happening: HappeningSignal,
  signal: MarketSignal,
  agents: Register<Agent>,
  rooms: readonly Room[],
  messagesPerMove: number,
): void {
  const { kind, sectorId, discussionIds, text, regime } = happening;
  const law = happeningLaws[kind];
  const spur: Spur = {
    kind,
    ...(sectorId !== undefined && { sectorId }),
    ...(text !== undefined && { text }),
    ...(regime !== undefined && { regime }),
    ...(kind === "agentOutage" && { who: missing(happening, agents, signal) }),
  };
  const intensity = happening.intensity ?? law.intensity;
  const endsMs = signal.nowMs + (happening.durationMs ?? law.durationMs);
  for (const room of rooms) {
    if (discussionIds === undefined ? !room.concerns(sectorId) : !discussionIds.includes(room.id)) continue;
    if (kind === "resume") room.attention.forget("halt", sectorId);
    room.attention.spur(spur, law.moves * messagesPerMove, intensity - 1, endsMs);
  }
}
