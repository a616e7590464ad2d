/** The shared stream by itself: who can inflate what. */
import { constants, inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { SharedDeflate } from "./shared-deflate.js";
import { type WireBatch, encodeBatch } from "./wire-batch.js";

function deflateWith(keyIntervalMs: number): SharedDeflate {
  return new SharedDeflate({
    keyIntervalMs,
    reportMissing: (member) => {
      throw new Error(member);
    },
  });
}

function batchOf(...values: (number | string)[]): WireBatch {
  return encodeBatch(
    values.map((value) => ({ event: "x", text: `2["market:update",{"value":${value}}]`, conflationKey: null })),
  );
}

/** The payloads of compressed frames of less than 64 KiB, with their RSV1. */
function payloadsOf({ compressed }: WireBatch): Buffer[] {
  const bytes = compressed?.bytes ?? Buffer.alloc(0);
  const payloads: Buffer[] = [];
  for (let offset = 0; offset < bytes.length;) {
    expect(bytes[offset]).toBe(0xc1);
    const isShort = bytes[offset + 1] < 126;
    const from = offset + (isShort ? 2 : 4);
    offset = from + (isShort ? bytes[offset + 1] : bytes.readUInt16BE(offset + 2));
    payloads.push(bytes.subarray(from, offset));
  }
  return payloads;
}

/** What a subscriber reads that has received exactly these batches. */
function inflate(...batches: WireBatch[]): string {
  const trailer = Buffer.from([0, 0, 255, 255]);
  const stream = Buffer.concat(batches.flatMap((batch) => payloadsOf(batch).flatMap((payload) => [payload, trailer])));
  return inflateRawSync(stream, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
}

const textOf = ({ packets }: WireBatch): string => packets.map(({ text }) => `4${text}`).join("");

test("nothing is compressed before a subscriber asks for it", () => {
  const batch = batchOf(1);
  expect(deflateWith(0).compress(batch)).toBe(batch);
});

test("a batch is compressed once, each event as a message of its own that refers to those before", () => {
  const deflate = deflateWith(0);
  deflate.noteWaiting();
  const first = deflate.compress(batchOf(1, 2, 3));
  expect(first.compressed).toMatchObject({ follows: null, position: 1 });
  expect(inflate(first)).toBe(textOf(first));
  deflate.noteFollower();
  const second = deflate.compress(batchOf(4, 5));
  expect(second.compressed).toMatchObject({ follows: 1, position: 2 });
  expect(inflate(first, second)).toBe(textOf(first) + textOf(second));
  // Alone it is nothing: it refers to the first.
  expect(() => inflate(second)).toThrow("too far back");
  expect(second.compressed!.bytes.length).toBeLessThan(second.bytes.length / 3);
});

test("the history is cut while somebody waits, and whoever was there before can go on", () => {
  const deflate = deflateWith(0);
  deflate.noteWaiting();
  const first = deflate.compress(batchOf(1));
  deflate.noteFollower();
  deflate.noteWaiting();
  const key = deflate.compress(batchOf(2));
  expect(key.compressed).toMatchObject({ follows: null, position: 2 });
  expect(inflate(key)).toBe(textOf(key));
  expect(inflate(first, key)).toBe(textOf(first) + textOf(key));
});

test("the history is cut no more often than its interval, and not without need", () => {
  const deflate = deflateWith(3_600_000);
  deflate.noteWaiting();
  expect(deflate.compress(batchOf(1)).compressed?.follows).toBeNull();
  deflate.noteFollower();
  deflate.noteWaiting();
  expect(deflate.compress(batchOf(2)).compressed?.follows).toBe(1);
  deflate.noteWaiting();
  expect(deflate.compress(batchOf(3)).compressed).toBeNull();
});

test("a batch that is too large goes uncompressed, and leaves the history as it was", () => {
  const deflate = deflateWith(0);
  deflate.noteWaiting();
  const first = deflate.compress(batchOf(1));
  deflate.noteFollower();
  expect(deflate.compress(batchOf(`"${"x".repeat(300_000)}"`)).compressed).toBeNull();
  const next = deflate.compress(batchOf(2));
  expect(inflate(first, next)).toBe(textOf(first) + textOf(next));
});

test("what cannot be compressed still arrives", () => {
  const deflate = deflateWith(0);
  deflate.noteWaiting();
  let state = 1;
  const noise = Array.from({ length: 90 }, () =>
    String.fromCharCode(0x4e00 + ((state = (state * 48_271) % 2_147_483_647) % 20_000)),
  ).join("");
  const batch = deflate.compress(batchOf(`"${noise}"`, 0));
  expect(inflate(batch)).toBe(textOf(batch));
});
