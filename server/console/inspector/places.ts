/** From an event to where the console shows what it is about, and back. */
import type { LoggedEvent } from "../feed/event-log.js";
import type { Changes } from "../permalink/address.js";

/** A place of the console. */
export interface Place {
  /** What stands there: "tech-001". */
  readonly name: string;
  readonly to: Changes;
}

const withoutFilter = { event: undefined, entity: undefined, verdict: undefined, find: undefined };

function idIn(payload: unknown, name: string): string | undefined {
  const value: unknown = (payload as Record<string, unknown> | null | undefined)?.[name];
  return typeof value === "string" ? value : undefined;
}

/** Where the console shows the sector, agent or discussion of an event; undefined where it is about none. */
export function placeOf({ name, args: [payload] }: LoggedEvent): Place | undefined {
  const agent = idIn(payload, "agentId");
  if (agent !== undefined) {
    const to = { ...withoutFilter, view: "agents", agent, "agent-status": undefined, "agent-sector": undefined };
    return { name: agent, to };
  }
  const room = idIn(payload, "discussionId");
  if (room !== undefined) return { name: room, to: { ...withoutFilter, view: "discussions", room } };
  const sector = idIn(payload, "sectorId");
  if (sector !== undefined) return { name: sector, to: { ...withoutFilter, view: undefined, sector } };
  if (name !== "market:update") return undefined;
  return { name: "the index", to: { ...withoutFilter, view: undefined, sector: undefined } };
}

/** The inspector at the last event of a sector, agent or discussion. */
export function toEventsOf(entity: string): Changes {
  return { ...withoutFilter, view: "inspector", entity };
}
