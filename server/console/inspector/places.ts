/** From an event to where the console shows what it is about, and back. */
import type { LoggedEvent } from "../feed/event-log.js";
import { lastEventOf } from "../feed/event-log.js";
import { go } from "../permalink/address.js";
import { select } from "./matches.js";

/** A place of the console, as parameters of the address; undefined takes one out. */
export interface Place {
  /** What stands there, for a link: "tech-001". */
  readonly name: string;
  readonly address: Readonly<Record<string, string | undefined>>;
}

const nowhereElse = { event: undefined, entity: undefined, verdict: undefined, find: undefined };

function idIn(payload: unknown, name: string): string | undefined {
  const value: unknown = (payload as Record<string, unknown> | null | undefined)?.[name];
  return typeof value === "string" ? value : undefined;
}

/** Where the console shows the sector, agent or discussion of an event; undefined where it is about none. */
export function placeOf({ name, args: [payload] }: LoggedEvent): Place | undefined {
  const agent = idIn(payload, "agentId");
  if (agent !== undefined) return { name: agent, address: { ...nowhereElse, view: "agents", agent } };
  const discussion = idIn(payload, "discussionId");
  if (discussion !== undefined) {
    return { name: discussion, address: { ...nowhereElse, view: "discussions", discussion } };
  }
  const sector = idIn(payload, "sectorId");
  if (sector !== undefined) return { name: sector, address: { ...nowhereElse, view: undefined, sector } };
  if (name !== "market:update") return undefined;
  return { name: "index", address: { ...nowhereElse, view: undefined, sector: undefined } };
}

/** Opens the inspector at the last event of a sector, agent or discussion. */
export function showLastEvent(entity: string): void {
  const last = lastEventOf(entity);
  if (last !== undefined) select(last);
  go({ ...nowhereElse, view: "inspector", entity });
}
