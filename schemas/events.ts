/**
 * The four documented events: their names, their payloads' types and where their schemas are.
 * There is no fifth, and each carries exactly one argument.
 */
import type { AgentStatusUpdate, DiscussionNewMessage, MarketUpdate, SectorCandleUpdate } from "./generated/types.js";

/** Payload of each documented event, by its name. */
export interface EventPayloads {
  readonly "market:update": MarketUpdate;
  readonly "sector:candle_update": SectorCandleUpdate;
  readonly "discussion:new_message": DiscussionNewMessage;
  readonly "agent:status_update": AgentStatusUpdate;
}

export type EventName = keyof EventPayloads;

/** An event with its payload; the name tells the payload's type. */
export type ContractEvent = {
  [Name in EventName]: { readonly event: Name; readonly payload: EventPayloads[Name] };
}[EventName];

/** The documented events, in the order of the documentation. */
export const eventNames: readonly EventName[] = [
  "market:update",
  "sector:candle_update",
  "discussion:new_message",
  "agent:status_update",
];

/** Path below schemas/ of each event's schema. */
export const eventSchemaPaths = {
  "market:update": "events/market-update.schema.json",
  "sector:candle_update": "events/sector-candle-update.schema.json",
  "discussion:new_message": "events/discussion-new-message.schema.json",
  "agent:status_update": "events/agent-status-update.schema.json",
} as const satisfies Record<EventName, string>;

/** True for the name of a documented event. */
export function isEventName(name: unknown): name is EventName {
  return typeof name === "string" && Object.hasOwn(eventSchemaPaths, name);
}
