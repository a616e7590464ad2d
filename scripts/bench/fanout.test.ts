import { expect, test } from "vitest";
import { FrameCounter } from "./frame-counter.js";
import { run } from "./fanout.js";

test("the fan-out benchmark runs, and all three servers send the same bytes", async () => {
  const { name, lines, hash } = await run("tiny");
  expect(name).toContain("fan-out");
  expect(lines.some((line) => / 12 .* k\/s .*x$/.test(line))).toBe(true);
  const openings = lines.filter((line) => / opened in \d+ ms; \d\.\d\d of stock; a connection /.test(line));
  expect(openings.map((line) => line.split(" ", 1)[0])).toEqual(["max", "stock", "ws"]);
  const growths = lines.filter((line) => / a delivery [\d., ]+ µs, a difference of \d+ %/.test(line));
  expect(growths.map((line) => line.split(" ", 1)[0])).toEqual(["max", "stock", "ws"]);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
});

test("frames are counted the same however the stream is cut", () => {
  const payloads = [0, 1, 125, 126, 127, 65_535, 65_536, 3].map((length) => Buffer.alloc(length, length & 255));
  const stream = Buffer.concat(payloads.flatMap((payload) => [header(payload.length), payload]));
  for (const cut of [1, 2, 3, 5, 7, 64, 1_000, stream.length]) {
    let bytes = 0;
    let ends = 0;
    const counter = new FrameCounter((piece, isLast) => {
      bytes += piece.length;
      ends += isLast ? 1 : 0;
    });
    for (let offset = 0; offset < stream.length; offset += cut) counter.read(stream.subarray(offset, offset + cut));
    expect({ cut, frames: counter.frames, bytes, ends }).toEqual({
      cut,
      frames: payloads.length,
      bytes: payloads.reduce((sum, { length }) => sum + length, 0),
      ends: payloads.length,
    });
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
