/** Which agents are shown, and how many there are of each status. */
import type { Agent } from "../../../schemas/generated/types.js";

/** A part that is undefined lets everybody through. */
export interface AgentFilter {
  readonly status: string | undefined;
  /** A sector's id, or `withoutSector`. */
  readonly sector: string | undefined;
  /** Words that all occur in the name, role or id, in any case. */
  readonly text: string | undefined;
}

/** Chooses the agents of no sector. */
export const withoutSector = "-";

/** What agents of the simulation can be, in the order in which they are offered. */
const knownStatuses = ["active", "processing", "idle", "error"];

function fits({ name, role, id, sectorId }: Agent, { sector, text }: AgentFilter): boolean {
  if (sector !== undefined && sector !== (sectorId ?? withoutSector)) return false;
  const about = `${name} ${role} ${id}`.toLowerCase();
  return (text ?? "")
    .toLowerCase()
    .split(/\s+/)
    .every((word) => about.includes(word));
}

/** What the filter leaves, in the order given; `counts` is what each status would leave. */
export function filterAgents(
  agents: readonly Agent[],
  filter: AgentFilter,
): { readonly shown: readonly Agent[]; readonly counts: ReadonlyMap<string, number> } {
  const fitting = agents.filter((agent) => fits(agent, filter));
  const counts = new Map(knownStatuses.map((status) => [status, 0]));
  // A status that is in the address or taken by somebody is offered, too.
  for (const { status } of agents) counts.set(status, 0);
  if (filter.status !== undefined && !counts.has(filter.status)) counts.set(filter.status, 0);
  for (const { status } of fitting) counts.set(status, (counts.get(status) ?? 0) + 1);
  const shown = fitting.filter(({ status }) => filter.status === undefined || filter.status === status);
  return { shown, counts };
}
