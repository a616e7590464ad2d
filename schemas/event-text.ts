/**
 * An event as JSON text: the only place where one is encoded.
 *
 * Digest, wire, recordings and the load test's expectation are made of the same text. It is encoded at the first call,
 * so that a world that is only stepped encodes nothing, and stays with the event; so an event must not change any more.
 * The payload's own key order is canonical: whoever makes an event makes it in the documented order.
 */
import type { ContractEvent } from "./events.js";

/** A symbol, which JSON and clones leave out. A WeakMap would cost as much as encoding does. */
const payloadText = Symbol("payload as JSON");

/** The payload alone. @example `{"indexValue":15234.67,"timestamp":"2025-01-15T10:30:00.000Z"}` */
export function encodePayload(event: ContractEvent): string {
  const encoded: ContractEvent & { [payloadText]?: string } = event;
  return (encoded[payloadText] ??= JSON.stringify(event.payload));
}

/** Name and payload, as Socket.IO carries them. @example `["market:update",{"indexValue":15234.67,…}]` */
export function encodeEvent(event: ContractEvent): string {
  return `["${event.event}",${encodePayload(event)}]`;
}
