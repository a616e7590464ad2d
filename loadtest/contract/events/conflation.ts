/**
 * What a server may leave out for a slow subscriber: a state that a newer one has replaced.
 *
 * Of a sector's price, the index, a sector's candle in one bucket and an agent's status only the last
 * word counts, so skipping to it is conflation. A message replaces nothing, and never may be skipped.
 */
import { eventSchemaPaths, isEventName } from "../../../schemas/index.js";
import { valueAt } from "../schema-tree.js";
import { readEventPacket } from "./wire.js";

/** What a packet is a newer state of; undefined for one that must not be skipped. */
export function conflationKey(packet: string): string | undefined {
  const wire = readEventPacket(packet);
  if (wire === undefined || !("event" in wire) || !isEventName(wire.event)) return undefined;
  const part = (pointer: string): string => JSON.stringify(valueAt(wire.args[0], pointer)) ?? "";
  switch (eventSchemaPaths[wire.event]) {
    case "events/market-update.schema.json":
      return `market ${part("/sectorId")}`;
    case "events/sector-candle-update.schema.json":
      return `candle ${part("/sectorId")} ${part("/candle/timestamp")}`;
    case "events/agent-status-update.schema.json":
      return `agent ${part("/agentId")}`;
    default:
      return undefined;
  }
}

/** The states of one thing, in order, as two subscribers received them. */
export interface StateLogs {
  /** All that came to the one. */
  readonly sent: readonly string[];
  /** Position in `sent` of the last state that the other one must have, or a newer one. */
  readonly lastAt: number;
  /** All that came to the other. */
  readonly received: readonly string[];
}

/** True when the other subscriber may do without this state, because it has ended with the last one or a newer. */
export function isReplaced(packet: string, { sent, lastAt, received }: StateLogs): boolean {
  const end = received.at(-1);
  if (end === undefined) return false;
  if (end === sent[lastAt] || sent.lastIndexOf(end) > lastAt) return true;
  // The last state itself recurs: that an earlier one of it has arrived says nothing.
  return packet !== sent[lastAt] && received.includes(sent[lastAt]);
}
