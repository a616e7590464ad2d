import fc from "fast-check";
import { expect, test } from "vitest";
import { createFrameHeader, encodeClientFrame, encodeTextFrames, opcodes, readFrameHeader } from "./frames.js";

test("frames of every length are read as they were written", () => {
  const texts = [0, 1, 100, 123, 124, 65_530, 65_533, 65_534, 70_000].map(
    (length) => "ä".repeat(length % 7) + "x".repeat(length),
  );
  const { bytes, ends } = encodeTextFrames(texts);
  let offset = 0;
  texts.forEach((text, at) => {
    const header = createFrameHeader();
    expect(readFrameHeader(bytes, offset, bytes.length, header)).toBe(true);
    expect(header).toMatchObject({ opcode: opcodes.text, final: true, masked: false });
    const from = offset + header.payloadOffset;
    expect(bytes.toString("utf8", from, from + header.payloadBytes)).toBe(`42${text}`);
    offset = from + header.payloadBytes;
    expect(ends[at]).toBe(offset);
  });
  expect(offset).toBe(bytes.length);
});

test("a header that is not all there is not read", () => {
  const { bytes } = encodeTextFrames(["x".repeat(70_000)]);
  for (let end = 0; end < 10; end += 1) expect(readFrameHeader(bytes, 0, end, createFrameHeader())).toBe(false);
});

test("client frames are masked, and unmasking gives the payload back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (payload) => {
      const frame = encodeClientFrame(opcodes.pong, Buffer.from(payload));
      const header = createFrameHeader();
      readFrameHeader(frame, 0, frame.length, header);
      expect(header).toMatchObject({ opcode: opcodes.pong, masked: true, payloadBytes: payload.length });
      const mask = frame.subarray(header.payloadOffset, header.payloadOffset + 4);
      const body = frame.subarray(header.payloadOffset + 4).map((byte, at) => byte ^ mask[at & 3]);
      expect([...body]).toEqual([...payload]);
    }),
  );
});
