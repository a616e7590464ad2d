/** A stream of server-sent events is read however it is cut, and left where it is none. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type EventStream, openEventStream } from "./event-stream.js";

/** A stream of these chunks, each sent once the one before it has left; `isEndless` repeats the last one. */
async function streamOf(chunks: readonly (string | Buffer)[], isEndless = false): Promise<EventStream> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    let at = 0;
    const send = (): void => {
      if (response.destroyed || (at >= chunks.length && !isEndless)) return;
      response.write(chunks[Math.min(at, chunks.length - 1)], () => setImmediate(send));
      at += 1;
    };
    send();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { signal } = new AbortController();
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const stream = await openEventStream(url, { headers: {}, answerMsMax: 20_000, signal, grace: signal });
  onTestFinished(() => {
    stream?.close();
    server.closeAllConnections();
    server.close();
  });
  if (stream === undefined) throw new Error("no stream");
  return stream;
}

const waitMs = 20_000;

test.each([
  ["line feeds", ["data: a\ndata: b\n\nid: 1\ndata: c\n\n"]],
  ["carriage returns", ["data: a\rdata: b\r\rid: 1\rdata: c\r\r"]],
  ["both", ["data: a\r\ndata: b\r\n\r\nid: 1\r\ndata: c\r\n\r\n"]],
  ["both, cut between them", ["data: a\r", "\ndata: b\r\n\r", "\nid: 1\r\ndata: c\r\n\r", "\n"]],
])("events whose lines end with %s are read", async (_name, chunks) => {
  const stream = await streamOf(chunks);
  expect([await stream.next(waitMs), await stream.next(waitMs), stream.problem]).toEqual(["a\nb", "c", undefined]);
});

test("a character that is cut into bytes is read whole", async () => {
  const bytes = Buffer.from("data: \u{1F600}\n\n");
  const stream = await streamOf(Array.from(bytes, (byte) => Buffer.of(byte)));
  expect(await stream.next(waitMs)).toBe("\u{1F600}");
});

test("bytes that are no UTF-8 end the stream, with what was wrong", async () => {
  const stream = await streamOf([Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a])]);
  expect([await stream.next(waitMs), stream.problem]).toEqual([undefined, "is not valid UTF-8"]);
});

test.each([
  ["a line", "x".repeat(65_536)],
  ["an event of many lines", "data: more\n".repeat(6000)],
])("%s without end is left after 1 MiB", async (_name, chunk) => {
  const stream = await streamOf([chunk], true);
  expect([await stream.next(waitMs), stream.problem]).toEqual([
    undefined,
    "has no end of an event within 1048576 characters",
  ]);
});
