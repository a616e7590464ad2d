/** Server frames, legal and illegal, for tests; every field can be set to what no server may send. */
import fc from "fast-check";
import { opcodes } from "../core/frames.js";

export interface RawFrame {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly final?: boolean;
  readonly reserved?: number;
  readonly masked?: boolean;
  /** Bytes of the length field: 1, 3 or 9. @default the shortest */
  readonly lengthBytes?: number;
}

export function rawFrame({
  opcode,
  payload,
  final = true,
  reserved = 0,
  masked = false,
  lengthBytes,
}: RawFrame): Buffer {
  const { length } = payload;
  const shortest = length < 126 ? 1 : length < 65_536 ? 3 : 9;
  const size = Math.max(lengthBytes ?? shortest, shortest);
  const head = Buffer.alloc(1 + size);
  head[0] = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (size === 1 ? length : size === 3 ? 126 : 127);
  if (size === 3) head.writeUInt16BE(length, 2);
  if (size === 9) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat(masked ? [head, Buffer.alloc(4), payload] : [head, payload]);
}

export const textFrame = (text: string): Buffer => rawFrame({ opcode: opcodes.text, payload: Buffer.from(text) });

/** A control frame that may stand between any two frames. */
export const anyControl = fc
  .record({ opcode: fc.constantFrom(opcodes.ping, opcodes.pong), payload: fc.uint8Array({ maxLength: 125 }) })
  .map(({ opcode, payload }) => rawFrame({ opcode, payload: Buffer.from(payload) }));

/** Where a message of any length is cut into fragments, and the control frames in front of each. */
export const anyFragmentation = fc.array(
  fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), controls: fc.array(anyControl, { maxLength: 2 }) }),
  { maxLength: 4 },
);

/** A message as frames, cut at these parts of its length; fragments may be empty. */
export function fragment(
  payload: Buffer,
  cuts: readonly { readonly at: number; readonly controls: readonly Buffer[] }[],
  opcode: number = opcodes.text,
): Buffer[] {
  const sorted = cuts.toSorted((a, b) => a.at - b.at);
  const frames: Buffer[] = [];
  let from = 0;
  sorted.forEach(({ at, controls }, index) => {
    const to = Math.round(at * payload.length);
    const piece = payload.subarray(from, to);
    frames.push(rawFrame({ opcode: index === 0 ? opcode : opcodes.continuation, payload: piece, final: false }));
    frames.push(...controls);
    from = to;
  });
  const last = sorted.length === 0 ? opcode : opcodes.continuation;
  return [...frames, rawFrame({ opcode: last, payload: payload.subarray(from) })];
}

/** Cuts bytes where TCP might. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const offsets = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...offsets].map((from, index) => bytes.subarray(from, offsets[index] ?? bytes.length));
}

export const anyCuts = fc.array(fc.nat(), { maxLength: 8 });
