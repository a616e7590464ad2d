/**
 * An event as one line of NDJSON: what `max simulate` prints, what a digest is made of, what a recording holds.
 *
 * The payload's own key order is canonical, because whoever makes an event makes it in the documented order.
 */
import { formatInstant } from "../../schemas/instant.js";
import type { SimEvent, TickBatch } from "./types.js";

/** Without the line break. @example {"tick":1,"at":"…","event":"market:update","payload":{…}} */
export function eventLine(batch: Pick<TickBatch, "tick" | "atMs">, event: Pick<SimEvent, "event" | "payload">): string {
  return `{"tick":${batch.tick},"at":"${formatInstant(batch.atMs)}","event":"${event.event}","payload":${JSON.stringify(event.payload)}}`;
}
