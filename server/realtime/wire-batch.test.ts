import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import * as ws from "ws";
import { type ContractEvent, eventNames, eventSchemaPaths, schemaFiles } from "../../schemas/index.js";
import { encodeBatch, eventType, frameOf, joinForPolling, packetOf } from "./wire-batch.js";

const requireFromSocketIo = createRequire(createRequire(import.meta.url).resolve("socket.io"));
const requireFromEngineIo = createRequire(requireFromSocketIo.resolve("engine.io"));
const { decodePayload } = requireFromEngineIo("engine.io-parser") as {
  decodePayload(payload: string): { type: string; data?: string }[];
};

const { Encoder } = requireFromSocketIo("socket.io-parser") as {
  Encoder: new () => { encode(packet: object): string[] };
};

test.each(eventNames)("%s is encoded as Socket.IO encodes it, with and without an offset", (name) => {
  for (const payload of schemaFiles[eventSchemaPaths[name]].examples) {
    const event = { event: name, payload } as unknown as ContractEvent;
    for (const offset of [undefined, "1z"]) {
      const data = offset === undefined ? [name, payload] : [name, payload, offset];
      const [expected] = new Encoder().encode({ type: eventType, nsp: "/", data });
      expect(packetOf(event, offset).text).toBe(expected);
    }
  }
});

const lengths = [0, 1, 123, 124, 125, 126, 4_000, 65_533, 65_534, 65_535, 65_536, 200_000];
const packets = lengths.map((length, index) => ({
  event: "x",
  text: index % 2 === 0 ? "a".repeat(length) : "é".repeat(length),
  conflationKey: null,
}));

const reference = (ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } }).Sender.frame;
const options = { fin: true, opcode: 1, mask: false, readOnly: true, rsv1: false };

describe("a batch's bytes", () => {
  const batch = encodeBatch(packets);

  test("are the frames that ws would make, one after the other", () => {
    const expected = packets.map(({ text }) => Buffer.concat(reference(Buffer.from(`4${text}`), options)));
    expect(batch.bytes.equals(Buffer.concat(expected))).toBe(true);
    packets.forEach((_packet, index) => expect(frameOf(batch, index).equals(expected[index])).toBe(true));
  });

  test("are, joined for polling, the packets that Engine.IO's own parser takes apart again", () => {
    const decoded = decodePayload(`4${joinForPolling(batch)}`);
    expect(decoded.map(({ type }) => type)).toEqual(packets.map(() => "message"));
    expect(decoded.map(({ data = "" }) => data)).toEqual(packets.map(({ text }) => text));
  });
});

test("a batch is a plain value", () => {
  const batch = encodeBatch([{ event: "x", text: '2["x"]', conflationKey: "k" }]);
  expect(structuredClone(batch)).toEqual({ ...batch, bytes: new Uint8Array(batch.bytes) });
});
