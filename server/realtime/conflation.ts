/**
 * Which events replace each other for a subscriber who is behind.
 *
 * A candle's key holds its bucket, so the update that closes it (the last one with its timestamp) is
 * only ever replaced by itself. A market update's key holds which values it carries, so that an index
 * value never stands in for a sector's price. Messages, and events not in the contract, have no key.
 */
import type { EventName, EventPayloads } from "../../schemas/index.js";

type Keys = { readonly [Name in EventName]: (payload: EventPayloads[Name]) => string | null };

const keys: Keys = {
  "market:update": ({ sectorId = "", value, indexValue }) =>
    `market ${value === undefined ? "" : "value"} ${indexValue === undefined ? "" : "index"} ${sectorId}`,
  "sector:candle_update": ({ sectorId, candle }) => `candle ${candle.timestamp} ${sectorId}`,
  "discussion:new_message": () => null,
  "agent:status_update": ({ agentId }) => `status ${agentId}`,
};

/** The key of one of our own events. */
export function conflationKey<Name extends EventName>(event: Name, payload: EventPayloads[Name]): string | null {
  return keys[event](payload);
}
