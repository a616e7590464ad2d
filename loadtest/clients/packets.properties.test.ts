/** Packets, compared with the parsers of the stock client. */
import { createRequire } from "node:module";
import fc from "fast-check";
import { expect, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { Conformance } from "../oracle/content.js";
import { readPacket } from "./packets.js";

const seed = 17;
const fromClient = createRequire(createRequire(import.meta.url).resolve("socket.io-client"));
const { decodePacket } = createRequire(fromClient.resolve("engine.io-client"))("engine.io-parser") as {
  decodePacket(text: string): { readonly type: string; readonly data?: unknown };
};
const { Decoder } = fromClient("socket.io-parser") as {
  Decoder: new () => { add(message: unknown): void; on(event: "decoded", listener: (packet: unknown) => void): void };
};

/** Whether the stock client closes the connection for it. */
function isRejectedByStock(text: string): boolean {
  const { type, data } = decodePacket(text);
  if (type === "error") return true;
  if (type !== "message") return false;
  try {
    new Decoder().add(data);
    return false;
  } catch {
    return true;
  }
}

/** Whether it is counted against the server: at once, or by the oracle, which reads what is in an event. */
function isViolation(text: string): boolean {
  const packet = readPacket(Buffer.from(text));
  // A binary message that no packet has announced is one.
  if (packet.kind === "violation" || packet.kind === "attached" || packet.kind === "binary") return true;
  return packet.kind === "event" && new Conformance().examine(packet.text).length > 0;
}

const anyJson = fc.oneof(
  fc.constantFrom(
    "",
    "[]",
    "{}",
    '["market:update"',
    '["market:update",{}]',
    '["connect"]',
    '{"sid":"a"}',
    '"no"',
    "[1]",
    "x",
  ),
  fc.json(),
);
const anyPacket = fc
  .record({
    engine: fc.constantFrom("4", "4", "4", "4", "4", "4", "0", "1", "2", "3", "5", "6", "7", "b", "", "x"),
    type: fc.constantFrom("0", "1", "2", "2", "3", "4", "5", "6", "7", "9", "", "x"),
    attachments: fc.constantFrom("", "", "", "1-", "0-", "11-", "-", "1"),
    namespace: fc.constantFrom("", "", "", "/,", "/admin,", "/admin"),
    id: fc.constantFrom("", "", "", "7", "0"),
    json: anyJson,
  })
  .map(({ engine, type, attachments, namespace, id, json }) => engine + type + attachments + namespace + id + json);

test(`what the stock client rejects is a violation (seed ${seed})`, () => {
  let rejected = 0;
  fc.assert(
    fc.property(anyPacket, (text) => {
      const theirs = isRejectedByStock(text);
      if (theirs) rejected += 1;
      if (theirs) expect(isViolation(text), text).toBe(true);
    }),
    { seed, numRuns: amount(5000, 40_000) },
  );
  expect(rejected).toBeGreaterThan(amount(1500, 15_000));
});

test(`what is rejected at once is rejected by the stock client (seed ${seed})`, () => {
  fc.assert(
    fc.property(anyPacket, (text) => {
      const packet = readPacket(Buffer.from(text));
      if (packet.kind === "violation" && packet.violation.isFatal) expect(isRejectedByStock(text), text).toBe(true);
    }),
    { seed, numRuns: amount(5000, 40_000) },
  );
});

test.each(['42["a",{}]', '42/,["a",{}]'])("%s is an event of the default namespace", (text) => {
  expect(readPacket(Buffer.from(text))).toEqual({ kind: "event", text: '["a",{}]' });
});
