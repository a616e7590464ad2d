import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createLineWriter } from "./line-writer.js";

const longLine = "x".repeat(70_000);

test("a slow reader is waited for as often as it takes, and no listener stays behind", async () => {
  const stream = new PassThrough({ highWaterMark: 1 });
  const writer = createLineWriter(stream);
  const before = stream.listenerCount("close");
  for (let round = 0; round < 20; round++) {
    writer.line(longLine);
    expect(writer.full).toBe(true);
    const drained = writer.drained();
    while (stream.read() !== null);
    await drained;
  }
  expect(stream.listenerCount("close")).toBe(before);
  expect(stream.listenerCount("drain")).toBe(0);
});

test("a reader that goes away while it is waited for ends the wait", async () => {
  const stream = new PassThrough({ highWaterMark: 1 });
  const writer = createLineWriter(stream);
  writer.line(longLine);
  const drained = writer.drained();
  stream.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  await drained;
  expect(writer.closed).toBe(true);
});
