/** What a happening does to agents and rooms at the tick at which it starts. */
import type { Agent } from "../statuses/agent.js";
import type { Spur } from "../core/triggers.js";
import { happeningLaws } from "../core/event-effects.js";
import type { Register } from "../core/sorted-map.js";
import type { Room } from "./discussion.js";
import type { HappeningSignal, MarketSignal } from "../../core/signals.js";

/** Agents by name up to so many; more are a crowd. */
const namesMax = 3;

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
