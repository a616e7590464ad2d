/**
 * What a server may leave out for a slow subscriber: a state that a newer one of the same thing has replaced.
 *
 * Of a sector's price, the index, a sector's candle in one bucket and an agent's status only the last word
 * counts. A message replaces nothing, and never may be skipped.
 */
import { valueAt } from "../../schemas/json-pointer.js";
import type { ExpectedBatch } from "./expected-batch.js";

const batchesAheadMax = 256;

/** What an event is a state of; undefined for one that must not be skipped. A market update's key holds which values it carries. */
export function conflationKey(event: string, payload: unknown): string | undefined {
  const part = (pointer: string): string => JSON.stringify(valueAt(payload, pointer)) ?? "";
  switch (event) {
    case "market:update": {
      const carried = ["/value", "/indexValue"].filter((pointer) => valueAt(payload, pointer) !== undefined);
      return `market ${part("/sectorId")} ${carried.join(" ")}`;
    }
    case "sector:candle_update":
      return `candle ${part("/sectorId")} ${part("/candle/timestamp")}`;
    case "agent:status_update":
      return `agent ${part("/agentId")}`;
    default:
      return undefined;
  }
}

/** Undefined, too, for what is no event. */
function keyOf(text: string): string | undefined {
  if (!text.startsWith('["')) return undefined;
  const [event, payload] = JSON.parse(text) as [string, unknown];
  return conflationKey(event, payload);
}

/** Whether an event is the state of something; others are messages. */
export function isState(text: string): boolean {
  return keyOf(text) !== undefined;
}

/** Whether a newer state of the same thing follows in the stream. */
export function isReplaced(batch: ExpectedBatch, item: number): boolean {
  const key = keyOf(batch.texts[item]!);
  if (key === undefined) return false;
  let later: ExpectedBatch | undefined = batch;
  let from = item + 1;
  for (let ahead = 0; later !== undefined && ahead < batchesAheadMax; ahead += 1, later = later.next, from = 0) {
    for (let at = from; at < later.size; at += 1) if (keyOf(later.texts[at]!) === key) return true;
  }
  return false;
}
