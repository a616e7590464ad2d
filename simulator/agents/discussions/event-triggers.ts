/** What a scenario event does to agents and rooms at the tick at which it starts. */
import type { Agent } from "../statuses/agent.js";
import type { Trigger } from "../core/triggers.js";
import { eventEffects } from "../core/event-effects.js";
import type { SortedMap } from "../core/sorted-map.js";
import type { Discussion } from "./discussion.js";
import type { ScenarioEventSignal, MarketSignal } from "../../core/signals.js";

/** Agents by name up to so many; more are a crowd. */
const namesMax = 3;

/**
 * How those who are missing are called.
 *
 * By name only where the scenario names them: a newcomer in the sector must not change what others say.
 */
function missing(
  { agentIds, sectorId }: ScenarioEventSignal,
  agents: SortedMap<Agent>,
  { sectors }: MarketSignal,
): string {
  const names = (agentIds ?? []).map((id) => agents.get(id)?.name).filter((name) => name !== undefined);
  if (names.length > 0 && names.length <= namesMax) return names.join(names.length === 2 ? " and " : ", ");
  const sector = sectors.find(({ id }) => id === sectorId);
  return sector === undefined ? "several agents" : `the ${sector.name} desk`;
}

/** Gives rooms something to talk about. */
export function triggerDiscussions(
  scenarioEvent: ScenarioEventSignal,
  signal: MarketSignal,
  agents: SortedMap<Agent>,
  rooms: readonly Discussion[],
  messagesPerMove: number,
): void {
  const { kind, sectorId, discussionIds, text, regime } = scenarioEvent;
  const law = eventEffects[kind];
  const trigger: Trigger = {
    kind,
    ...(sectorId !== undefined && { sectorId }),
    ...(text !== undefined && { text }),
    ...(regime !== undefined && { regime }),
    ...(kind === "agentOutage" && { who: missing(scenarioEvent, agents, signal) }),
  };
  const intensity = scenarioEvent.intensity ?? law.intensity;
  const endsMs = signal.nowMs + (scenarioEvent.durationMs ?? law.durationMs);
  for (const room of rooms) {
    if (discussionIds === undefined ? !room.concerns(sectorId) : !discussionIds.includes(room.id)) continue;
    if (kind === "resume") room.attention.forget("halt", sectorId);
    room.attention.trigger(trigger, law.moves * messagesPerMove, intensity - 1, endsMs);
  }
}
