import { expect, test } from "vitest";
import { FrameReader } from "./receiver.js";

test("frames are read the same however the stream is cut", () => {
  const payloads = [0, 1, 125, 126, 127, 65_535, 65_536, 3].map((length) => Buffer.alloc(length, length & 255));
  const stream = Buffer.concat(payloads.flatMap((payload) => [header(payload.length), payload]));
  for (const cut of [1, 2, 3, 5, 7, 64, 1_000, stream.length]) {
    const whole: Buffer[] = [];
    const readers = [new FrameReader(), new FrameReader((payload) => whole.push(Buffer.from(payload)))];
    for (let offset = 0; offset < stream.length; offset += cut) {
      for (const reader of readers) reader.read(stream.subarray(offset, offset + cut));
    }
    const frames = readers.map((reader) => reader.frames);
    expect({ cut, frames }).toEqual({ cut, frames: [payloads.length, payloads.length] });
    expect(whole.map((payload, at) => payload.equals(payloads[at]))).toEqual(payloads.map(() => true));
  }
});

function header(length: number): Buffer {
  if (length < 126) return Buffer.from([0x81, length]);
  const bytes = Buffer.alloc(length < 65_536 ? 4 : 10);
  bytes[0] = 0x81;
  bytes[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) bytes.writeUInt16BE(length, 2);
  else bytes.writeUInt32BE(length, 6);
  return bytes;
}
