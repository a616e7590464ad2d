/**
 * What clients send. The API knows connecting and disconnecting only: every event is counted and, unless
 * application code listens for it, ignored. Requests that are refused before they become a connection are
 * counted too.
 */

/** Socket.IO's packet types EVENT and BINARY_EVENT (protocol 5), the first character of a message. */
const eventTypes = "25";

/** Whether a packet of Engine.IO carries an event from a client. */
export function isClientEvent({ type, data }: { readonly type: string; readonly data?: unknown }): boolean {
  return type === "message" && typeof data === "string" && data.length > 0 && eventTypes.includes(data.charAt(0));
}

/** Whether a packet of Engine.IO asks to join a namespace: Socket.IO's packet type CONNECT. */
export function isJoin({ type, data }: { readonly type: string; readonly data?: unknown }): boolean {
  return type === "message" && typeof data === "string" && data.startsWith("0");
}

/** The part of Engine.IO's `connection_error` that is read here. */
export interface HandshakeFailure {
  readonly code: number;
}

/** Engine.IO's error codes (its README), by what they mean. */
const failureReasons: Readonly<Record<number, string>> = {
  0: "unknownTransport",
  1: "unknownSession",
  2: "badMethod",
  3: "badRequest",
  5: "protocolVersion",
};

/** Why Engine.IO refused a request, or null when admission did and has counted it. */
export function failureReason({ code }: HandshakeFailure): string | null {
  return failureReasons[code] ?? null;
}
