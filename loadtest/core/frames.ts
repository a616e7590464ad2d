/**
 * WebSocket frames as a subscriber meets them: server frames read in place, client frames masked.
 *
 * Only what a Socket.IO server sends: unfragmented text and control frames without extensions.
 * Anything else is a protocol error, which the caller counts against the server.
 */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Every Socket.IO event packet of the default namespace begins so, inside its Engine.IO message. */
const eventPrefix = "42";

/** RSV1, beside an opcode. */
const compressedBit = 0x40;

/** The first byte of a compressed text message in one frame. */
export const compressedTextFrame = 0x80 | compressedBit | opcodes.text;

/** A frame's header, read without copying. */
export interface FrameHeader {
  opcode: number;
  final: boolean;
  masked: boolean;
  /** RSV1: with permessage-deflate, a compressed message begins. */
  compressed: boolean;
  /** Where the payload begins, relative to the frame. */
  payloadOffset: number;
  payloadBytes: number;
}

/** A header to be read into: one serves all frames that are looked at one after another. */
export function createFrameHeader(): FrameHeader {
  return { opcode: 0, final: true, masked: false, compressed: false, payloadOffset: 0, payloadBytes: 0 };
}

/** Reads a header at `offset` into `header`; false while the header is incomplete. */
export function readFrameHeader(bytes: Buffer, offset: number, end: number, header: FrameHeader): boolean {
  if (end - offset < 2) return false;
  const first = bytes[offset]!;
  const second = bytes[offset + 1]!;
  header.opcode = first & 0x0f;
  header.final = (first & 0x80) !== 0;
  header.masked = (second & 0x80) !== 0;
  header.compressed = (first & compressedBit) !== 0;
  const short = second & 0x7f;
  if (short < 126) {
    header.payloadOffset = 2;
    header.payloadBytes = short;
    return true;
  }
  if (short === 126) {
    if (end - offset < 4) return false;
    header.payloadOffset = 4;
    header.payloadBytes = bytes.readUInt16BE(offset + 2);
    return true;
  }
  if (end - offset < 10) return false;
  header.payloadOffset = 10;
  header.payloadBytes = Number(bytes.readBigUInt64BE(offset + 2));
  return true;
}

function headerBytes(payloadBytes: number): number {
  if (payloadBytes < 126) return 2;
  return payloadBytes < 65_536 ? 4 : 10;
}

/** Writes the header of an unmasked frame; returns where it ends. */
function writeHeader(target: Buffer, offset: number, first: number, payloadBytes: number): number {
  target[offset] = first;
  const header = headerBytes(payloadBytes);
  if (header === 2) target[offset + 1] = payloadBytes;
  else if (header === 4) {
    target[offset + 1] = 126;
    target.writeUInt16BE(payloadBytes, offset + 2);
  } else {
    target[offset + 1] = 127;
    target.writeBigUInt64BE(BigInt(payloadBytes), offset + 2);
  }
  return offset + header;
}

/** Writes an unmasked text frame; returns where it ends. */
function writeTextFrame(target: Buffer, offset: number, text: string, payloadBytes: number): number {
  const from = writeHeader(target, offset, 0x80 | opcodes.text, payloadBytes);
  target.write(text, from, "utf8");
  return from + payloadBytes;
}

/** A message in one frame, as servers write it. */
export function encodeServerFrame(opcode: number, payload: Buffer, isCompressed: boolean): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes(payload.length) + payload.length);
  payload.copy(frame, writeHeader(frame, 0, 0x80 | opcode | (isCompressed ? compressedBit : 0), payload.length));
  return frame;
}

/** Event arrays as the server's frames, one after another in one buffer, with the end of each. */
export function encodeTextFrames(texts: readonly string[]): { readonly bytes: Buffer; readonly ends: Uint32Array } {
  const payloads = texts.map((text) => eventPrefix + text);
  const sizes = payloads.map((payload) => Buffer.byteLength(payload));
  const bytes = Buffer.allocUnsafeSlow(sizes.reduce((sum, size) => sum + headerBytes(size) + size, 0));
  const ends = new Uint32Array(texts.length);
  let offset = 0;
  payloads.forEach((payload, at) => {
    offset = writeTextFrame(bytes, offset, payload, sizes[at]!);
    ends[at] = offset;
  });
  return { bytes, ends };
}

/** A client's frame: small, and masked as RFC 6455 asks of clients. */
export function encodeClientFrame(opcode: number, payload: string | Buffer): Buffer {
  const body = typeof payload === "string" ? Buffer.from(payload) : payload;
  if (body.length > 65_535) throw new RangeError(`a subscriber has no reason to send ${body.length} bytes`);
  const maskOffset = body.length < 126 ? 2 : 4;
  const frame = Buffer.allocUnsafe(maskOffset + 4 + body.length);
  frame[0] = 0x80 | opcode;
  if (maskOffset === 2) frame[1] = 0x80 | body.length;
  else {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(body.length, 2);
  }
  frame.writeUInt32BE(Math.floor(Math.random() * 0x1_0000_0000), maskOffset);
  for (let at = 0; at < body.length; at += 1) frame[maskOffset + 4 + at] = body[at]! ^ frame[maskOffset + (at & 3)]!;
  return frame;
}
