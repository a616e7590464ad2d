/** An event as one line of NDJSON: what `max simulate` prints, what a digest is made of, what a recording holds. */
import { encodePayload } from "../../schemas/event-text.js";
import type { ContractEvent } from "../../schemas/events.js";
import { formatInstant } from "../../schemas/instant.js";
import type { TickBatch } from "./types.js";

/** Without the line break. @example {"tick":1,"at":"…","event":"market:update","payload":{…}} */
export function eventLine(batch: Pick<TickBatch, "tick" | "atMs">, event: ContractEvent): string {
  return `{"tick":${batch.tick},"at":"${formatInstant(batch.atMs)}","event":"${event.event}","payload":${encodePayload(event)}}`;
}
