/**
 * A tick on the wire: a plain value, made once and shared by all subscribers.
 *
 * `bytes` is what a WebSocket subscriber gets, the unmasked text frames of all events one after the
 * other; `packets` is the same for those who are served one packet at a time. Nothing in it refers to
 * a connection, so it may come from another process.
 */

import { encodeEvent } from "../../schemas/event-text.js";
import type { ContractEvent } from "../../schemas/index.js";

/** One event as a Socket.IO packet. */
export interface WirePacket {
  readonly event: string;
  /** The Socket.IO packet, such as `2["market:update",{...}]`, without Engine.IO's leading type. */
  readonly text: string;
  /** Events with one key replace each other for a subscriber who is behind; null is never skipped. */
  readonly conflationKey: string | null;
}

/** Socket.IO's packet type EVENT (protocol 5). */
export const eventType = 2;

/**
 * An event of the contract as Socket.IO itself would encode it for the default namespace.
 *
 * @param offset second argument, where connection state recovery is on
 */
export function packetOf(event: ContractEvent, offset?: string): WirePacket {
  const args = encodeEvent(event);
  const text = offset === undefined ? `${eventType}${args}` : `${eventType}${args.slice(0, -1)},"${offset}"]`;
  return { event: event.event, text, conflationKey: conflationKey(event) };
}

/**
 * Which events replace each other for a subscriber who is behind; null is never skipped. By name, because only an
 * event's meaning tells what it replaces.
 *
 * A candle's key has its bucket, so the update that closes it (the last one with its timestamp) is
 * only ever replaced by itself. A market update's key has which values it carries, so that an index
 * value never stands in for a sector's price.
 */
function conflationKey({ event, payload }: ContractEvent): string | null {
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

export interface WireBatch {
  readonly packets: readonly WirePacket[];
  /** A WebSocket frame for each packet, joined. */
  readonly bytes: Buffer;
  /** Where each packet's frame ends in `bytes`. */
  readonly frameEnds: readonly number[];
  /** The same for subscribers of the shared deflate stream; null where nobody can inflate it. */
  readonly compressed: CompressedFrames | null;
}

/** A batch in the shared deflate stream. */
export interface CompressedFrames {
  /** A WebSocket frame for each packet, joined. */
  readonly bytes: Buffer;
  /** The position that a subscriber must be at; null where the history begins, so that anybody can. */
  readonly follows: number | null;
  /** Where a subscriber is that has received it. */
  readonly position: number;
}

/** Engine.IO's packet type "message". */
const messageType = "4";
/** First byte of a frame. */
export const finalTextFrame = 0x81;
/** The largest payload whose length fits into the second byte, and into two more (RFC 6455, 5.2). */
const smallBytesMax = 125;
const mediumBytesMax = 0xffff;

export function headerBytes(payloadBytes: number): number {
  if (payloadBytes <= smallBytesMax) return 2;
  return payloadBytes <= mediumBytesMax ? 4 : 10;
}

/** Returns where the payload begins. */
export function writeHeader(target: Buffer, offset: number, payloadBytes: number, first = finalTextFrame): number {
  target[offset] = first;
  if (payloadBytes <= smallBytesMax) {
    target[offset + 1] = payloadBytes;
  } else if (payloadBytes <= mediumBytesMax) {
    target[offset + 1] = 126;
    target.writeUInt16BE(payloadBytes, offset + 2);
  } else {
    target[offset + 1] = 127;
    target.writeUInt32BE(0, offset + 2);
    target.writeUInt32BE(payloadBytes, offset + 6);
  }
  return offset + headerBytes(payloadBytes);
}

export function encodeBatch(packets: readonly WirePacket[]): WireBatch {
  const payloads = packets.map(({ text }) => Buffer.byteLength(text) + messageType.length);
  const total = payloads.reduce((bytes, payload) => bytes + headerBytes(payload) + payload, 0);
  const bytes = Buffer.allocUnsafe(total);
  const frameEnds: number[] = [];
  let offset = 0;
  packets.forEach(({ text }, index) => {
    offset = writeHeader(bytes, offset, payloads[index]!);
    offset += bytes.write(messageType, offset, "latin1");
    offset += bytes.write(text, offset, "utf8");
    frameEnds.push(offset);
  });
  return { packets, bytes, frameEnds, compressed: null };
}

/** The frame of one packet of a batch. */
export function frameOf(batch: WireBatch, index: number): Buffer {
  return batch.bytes.subarray(index === 0 ? 0 : batch.frameEnds[index - 1], batch.frameEnds[index]);
}

/** The payload of one packet's frame. */
export function payloadOf(batch: WireBatch, index: number): Buffer {
  const frame = frameOf(batch, index);
  const length = frame[1]!;
  return frame.subarray(length < 126 ? 2 : length === 126 ? 4 : 10);
}

/** Between the packets of one polling response (Engine.IO protocol 4), with the next packet's type. */
const pollingSeparator = `\u001E${messageType}`;

/** All packets of a batch as the data of one packet of a polling response. */
export function joinForPolling(batch: WireBatch): string {
  return batch.packets.map(({ text }) => text).join(pollingSeparator);
}
