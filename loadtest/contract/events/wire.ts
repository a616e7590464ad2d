/** Reads a Socket.IO packet from its text, so that the checker judges what was sent and not what a client made of it. */

/** An event as it came over the wire. */
export interface WireEvent {
  readonly event: string;
  readonly args: readonly unknown[];
  /** The JSON array, as sent. */
  readonly json: string;
  /** What a plain event does not have: an acknowledgement asked for, or binary attachments. */
  readonly extra?: "acknowledgement" | "binary";
}

/** Why a packet cannot be read as an event; `json` is what was to be parsed. */
export interface UnreadableEvent {
  readonly json: string;
}

export function isReadable(event: WireEvent | UnreadableEvent): event is WireEvent {
  return "event" in event;
}

const eventPacket = /^(2|5\d*-)(\/[^,]*,)?(\d*)(\[.*)$/s;

/** The event in a packet, undefined for a packet of another kind. */
export function readEventPacket(packet: string): WireEvent | UnreadableEvent | undefined {
  const match = eventPacket.exec(packet);
  if (match === null) return packet.startsWith("2") ? { json: packet.slice(1) } : undefined;
  const [, kind, , acknowledgement, json] = match as unknown as [string, string, string, string, string];
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return { json };
  }
  if (!Array.isArray(parsed) || typeof parsed[0] !== "string") return { json };
  const [event, ...args] = parsed as [string, ...unknown[]];
  if (kind !== "2") return { event, args, json, extra: "binary" };
  return acknowledgement === "" ? { event, args, json } : { event, args, json, extra: "acknowledgement" };
}
