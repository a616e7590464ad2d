/** The agents as they are now: fetched over REST, their status kept up by events. */
import type { Agent } from "../../../schemas/generated/types.js";
import { onEvent } from "./connection.js";
import { atNextFrame } from "./frame.js";
import { signal } from "@preact/signals";

const byId = new Map<string, Agent>();

/** In id order. */
export const agents = signal<readonly Agent[]>([]);

function flush(): void {
  agents.value = [...byId.values()];
}

export function setAgents(fetched: readonly Agent[]): void {
  byId.clear();
  for (const agent of fetched) byId.set(agent.id, agent);
  atNextFrame(flush);
}

/** `now` is the simulated instant of an event, ISO; `onUnknown` is told of agents that were never fetched. */
export function watchAgents(now: () => string, onUnknown: () => void): void {
  onEvent("agent:status_update", ({ agentId, sectorId, status }) => {
    const agent = byId.get(agentId);
    if (agent === undefined) {
      onUnknown();
      return;
    }
    const statusSince = agent.status === status ? agent.statusSince : now();
    byId.set(agentId, { ...agent, ...(sectorId !== undefined && { sectorId }), status, statusSince });
    atNextFrame(flush);
  });
}
