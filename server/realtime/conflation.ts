/**
 * Which events replace each other for a subscriber who is behind.
 *
 * A candle's key holds its bucket, so the update that closes it (the last one with its timestamp) is
 * only ever replaced by itself. A market update's key holds which values it carries, so that an index
 * value never stands in for a sector's price. Messages, and events not in the contract, have no key.
 */
import type { ContractEvent } from "../../schemas/index.js";

/** The key of one of our own events. Dispatches by name, because only the event's meaning tells what it replaces. */
export function conflationKey({ event, payload }: ContractEvent): string | null {
  switch (event) {
    case "market:update": {
      const { sectorId = "", value, indexValue } = payload;
      return `market ${value === undefined ? "" : "value"} ${indexValue === undefined ? "" : "index"} ${sectorId}`;
    }
    case "sector:candle_update":
      return `candle ${payload.candle.timestamp} ${payload.sectorId}`;
    case "agent:status_update":
      return `status ${payload.agentId}`;
    default:
      return null;
  }
}
