/**
 * Engine.IO and Socket.IO packets from a server, read as strictly as the stock client's parsers (`engine.io-parser`,
 * `socket.io-parser`) do. The one exception: an event's JSON is left to the oracle, which examines each content once.
 */
import { type ProtocolViolation, violation } from "./protocol-violation.js";

export type Packet =
  | { readonly kind: "ping" | "noop" | "close" }
  /** Engine.IO's handshake, as JSON. */
  | { readonly kind: "open"; readonly text: string }
  /** A binary message in base64. */
  | { readonly kind: "binary" }
  | { readonly kind: "violation"; readonly violation: ProtocolViolation }
  | SocketPacket;

export type SocketPacket =
  | { readonly kind: "disconnect" }
  /** An event array of the default namespace, as JSON. */
  | { readonly kind: "event"; readonly text: string; readonly violation?: ProtocolViolation }
  /** `text`: what the packet carries, as JSON; empty where it carries nothing. */
  | { readonly kind: "connect" | "connectError"; readonly text: string }
  /** An event or acknowledgement whose binary attachments follow. */
  | { readonly kind: "attached"; readonly attachments: number; readonly violation: ProtocolViolation };

/** As many as the stock client accepts. */
const attachmentsMax = 10;

function broken(layer: "Engine.IO" | "Socket.IO", keyword: string, detail: string, isFatal = true): Packet {
  return { kind: "violation", violation: violation(layer, keyword, detail, isFatal) };
}

const withoutType = broken("Engine.IO", "packet-type", "a packet of no type");
const unknownType = broken("Socket.IO", "packet-type", "a packet of no type");
const invalidPayload = broken("Socket.IO", "payload", "a packet with a payload that its type may not carry");
const invalidAttachments = broken("Socket.IO", "attachments", "a binary packet without a valid number of attachments");
const unaskedAck = broken("Socket.IO", "ack", "an acknowledgement that was not asked for", false);
const foreignNamespace = broken("Socket.IO", "namespace", "a packet of a namespace that was not connected to", false);
const emptyEvent = broken("Socket.IO", "empty-event", "an event without name and arguments", false);
const binaryEvent = violation("Socket.IO", "binary-event", "a binary event; the contract has none", false);
const ackRequest = violation("Socket.IO", "ack-request", "an event that asks for an acknowledgement", false);

/** Reads one text message of the WebSocket, which is one Engine.IO packet. */
export function readPacket(payload: Buffer): Packet {
  switch (payload[0]) {
    case 0x30:
      return { kind: "open", text: payload.toString("utf8", 1) };
    case 0x31:
      return { kind: "close" };
    case 0x32:
      return { kind: "ping" };
    case 0x33:
      return broken("Engine.IO", "pong", "a pong packet, which only clients send", false);
    case 0x34:
      // Nearly all: an event of the default namespace.
      return payload[1] === 0x32 && payload[2] === 0x5b
        ? { kind: "event", text: payload.toString("utf8", 2) }
        : readMessage(payload.toString("utf8", 1));
    case 0x35:
      return broken("Engine.IO", "upgrade", "an upgrade packet, which only clients send", false);
    case 0x36:
      return { kind: "noop" };
    case 0x62:
      return { kind: "binary" };
    default:
      return withoutType;
  }
}

/** `[attachments-][/namespace,][id]payload`, after the type. */
const packetParts = /^([0-6])(?:(\d*)-)?(?:(\/[^,]*)(?:,|$))?(\d*)(.*)$/s;

function readMessage(text: string): Packet {
  const [, type, attachmentDigits, namespace = "/", id, json = ""] = packetParts.exec(text) ?? [];
  if (type === undefined) return unknownType;
  const isBinary = type === "5" || type === "6";
  const attachments = Number(attachmentDigits);
  if (isBinary !== (attachmentDigits !== undefined)) return isBinary ? invalidAttachments : invalidPayload;
  if (isBinary && !(attachments >= 1 && attachments <= attachmentsMax)) return invalidAttachments;
  if (!isPayloadValid(type, json)) return invalidPayload;
  if (namespace !== "/" && !isBinary) return foreignNamespace;
  switch (type) {
    case "0":
      return { kind: "connect", text: json };
    case "1":
      return { kind: "disconnect" };
    case "2":
      return json === "" ? emptyEvent : { kind: "event", text: json, ...(id === "" ? {} : { violation: ackRequest }) };
    case "3":
      return unaskedAck;
    case "4":
      return { kind: "connectError", text: json };
    default:
      return { kind: "attached", attachments, violation: binaryEvent };
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A packet may come without its payload; then the stock client does not look at it. */
function isPayloadValid(type: string, json: string): boolean {
  if (json === "") return true;
  switch (type) {
    case "0":
      return isObject(parse(json));
    case "1":
      return false;
    case "2":
      return json.startsWith("[");
    case "4": {
      const payload = parse(json);
      return typeof payload === "string" || isObject(payload);
    }
    default:
      return Array.isArray(parse(json));
  }
}
