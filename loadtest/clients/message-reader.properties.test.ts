/** Frames in every legal cut and fragmentation, and whatever `ws` rejects, compared with the receiver of `ws` itself. */
import fc from "fast-check";
import * as ws from "ws";
import { expect, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { opcodes } from "../core/frames.js";
import { anyControl, anyCuts, anyFragmentation, cut, fragment, rawFrame, textFrame } from "./frames.fixture.js";
import { MessageReader, messageBytesMax } from "./message-reader.js";
import { ByteBudget } from "./pending-bytes.js";

const seed = 17;

interface Outcome {
  readonly messages: string[];
  /** The chunk in which a violation was found, and which. */
  violation?: { readonly chunk: number; readonly keyword: string };
  closedWith?: number;
}

function readAll(chunks: readonly Buffer[], budget = new ByteBudget(1e9)): Outcome {
  const reader = new MessageReader(budget);
  const outcome: Outcome = { messages: [] };
  for (const [chunk, bytes] of chunks.entries()) {
    for (let offset = 0; offset < bytes.length; offset = reader.next) {
      const received = reader.read(bytes, offset, bytes.length);
      if ("payload" in received) outcome.messages.push(`${received.kind} ${received.payload.toString("latin1")}`);
      if (received.kind === "close") outcome.closedWith = received.code;
      if (received.kind === "violation") outcome.violation = { chunk, keyword: received.violation.fault.keyword };
      if (received.kind === "close" || received.kind === "violation") {
        reader.discard();
        return outcome;
      }
    }
  }
  return outcome;
}

/** The receiver of `ws`, which its types do not know. */
interface Receiver {
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): void;
  on(event: "ping", listener: (data: Buffer) => void): void;
  on(event: "conclude", listener: (code: number) => void): void;
  _write(chunk: Buffer, encoding: string, done: (error?: { readonly code: string }) => void): void;
}
const { Receiver } = ws as unknown as { Receiver: new (options: Record<string, unknown>) => Receiver };

function readAllWithWs(chunks: readonly Buffer[]): Outcome {
  const receiver = new Receiver({ isServer: false, maxPayload: messageBytesMax, allowSynchronousEvents: true });
  const outcome: Outcome = { messages: [] };
  receiver.on("message", (data, isBinary) => {
    outcome.messages.push(`${isBinary ? "binary" : "text"} ${data.toString("latin1")}`);
  });
  receiver.on("ping", (data) => outcome.messages.push(`ping ${data.toString("latin1")}`));
  receiver.on("conclude", (code) => (outcome.closedWith = code));
  for (const [chunk, bytes] of chunks.entries()) {
    if (outcome.violation !== undefined || outcome.closedWith !== undefined) break;
    receiver._write(Buffer.from(bytes), "buffer", (error) => {
      if (error !== undefined) outcome.violation = { chunk, keyword: error.code };
    });
  }
  return outcome;
}

const anyMessage = fc
  .record({
    text: fc.string({ unit: "binary", maxLength: 300 }),
    isBinary: fc.boolean(),
    cuts: anyFragmentation,
    before: fc.array(anyControl, { maxLength: 1 }),
  })
  .map(({ text, isBinary, cuts, before }) => ({
    content: Buffer.from(text),
    kind: isBinary ? "binary" : "text",
    frames: [...before, ...fragment(Buffer.from(text), cuts, isBinary ? opcodes.binary : opcodes.text)],
  }));

const anyMessages = fc.array(anyMessage, { minLength: 1, maxLength: 4 });

test(`legal cuts and fragmentations give the messages that were sent, as with ws (seed ${seed})`, () => {
  fc.assert(
    fc.property(anyMessages, anyCuts, (messages, cuts) => {
      const chunks = cut(Buffer.concat(messages.flatMap(({ frames }) => frames)), cuts);
      const { messages: read, violation } = readAll(chunks);
      expect(violation).toBeUndefined();
      const contents = read.filter((message) => !message.startsWith("ping "));
      expect(contents).toEqual(messages.map(({ kind, content }) => `${kind} ${content.toString("latin1")}`));
      expect(readAllWithWs(chunks).messages).toEqual(read);
    }),
    { seed, numRuns: amount(2000, 15_000) },
  );
});

/** Something that may be wrong with the bytes of a frame, at a random place. */
const anyMutation = fc.record({
  kind: fc.constantFrom("flip", "set", "insert", "delete", "first", "length"),
  at: fc.nat(),
  value: fc.nat({ max: 255 }),
});

function mutate(frames: readonly Buffer[], { kind, at, value }: { kind: string; at: number; value: number }): Buffer {
  const changed = [...frames];
  const index = at % frames.length;
  if (kind === "first" || kind === "length") {
    changed[index] = Buffer.from(frames[index]);
    changed[index][kind === "first" ? 0 : 1] = value;
    return Buffer.concat(changed);
  }
  const bytes = Buffer.concat(frames);
  const place = at % bytes.length;
  if (kind === "flip") bytes[place] ^= 1 << (value & 7);
  if (kind === "set") bytes[place] = value;
  if (kind === "insert") return Buffer.concat([bytes.subarray(0, place), Buffer.from([value]), bytes.subarray(place)]);
  if (kind === "delete") return Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 1)]);
  return bytes;
}

test(`mutated frames are rejected exactly where ws rejects them, or for a length that is not the shortest (seed ${seed})`, () => {
  let rejected = 0;
  fc.assert(
    fc.property(
      anyMessages,
      fc.array(anyMutation, { minLength: 1, maxLength: 3 }),
      anyCuts,
      (messages, mutations, cuts) => {
        let frames = messages.flatMap((message) => message.frames);
        for (const mutation of mutations) frames = [mutate(frames, mutation)];
        const chunks = cut(frames[0], cuts);
        const ours = readAll(chunks);
        if (ours.violation !== undefined) rejected += 1;
        if (ours.violation?.keyword === "length-form") return;
        const theirs = readAllWithWs(chunks);
        expect(ours.messages).toEqual(theirs.messages);
        expect(ours.violation?.chunk).toBe(theirs.violation?.chunk);
        expect(ours.closedWith).toBe(theirs.closedWith);
      },
    ),
    { seed, numRuns: amount(3000, 25_000) },
  );
  // In the long run more than 10,000.
  expect(rejected).toBeGreaterThan(amount(1200, 10_000));
});

const text = (fields: Partial<Parameters<typeof rawFrame>[0]>) =>
  rawFrame({ opcode: opcodes.text, payload: Buffer.from("42[]"), ...fields });

test.each([
  ["masked", text({ masked: true })],
  ["reserved-bits", text({ reserved: 4 })],
  ["reserved-bits", text({ reserved: 1 })],
  ["reserved-opcode", text({ opcode: 3 })],
  ["reserved-opcode", text({ opcode: 11 })],
  ["length-form", text({ lengthBytes: 3 })],
  ["length-form", text({ lengthBytes: 9 })],
  ["length-form", text({ payload: Buffer.alloc(65_535), lengthBytes: 9 })],
  ["continuation", text({ opcode: opcodes.continuation })],
  ["interleaved-message", Buffer.concat([text({ final: false }), text({})])],
  ["fragmented-control", text({ opcode: opcodes.ping, final: false })],
  ["long-control", text({ opcode: opcodes.ping, payload: Buffer.alloc(126) })],
  ["utf-8", text({ payload: Buffer.from([0x34, 0xff]) })],
  ["close-code", text({ opcode: opcodes.close, payload: Buffer.from([3]) })],
  ["close-code", text({ opcode: opcodes.close, payload: Buffer.from([3, 237]) })],
  ["close-code", text({ opcode: opcodes.close, payload: Buffer.from([0, 0]) })],
  ["utf-8", text({ opcode: opcodes.close, payload: Buffer.from([3, 232, 0xff]) })],
  ["message-too-long", text({ payload: Buffer.alloc(messageBytesMax + 1) }).subarray(0, 10)],
])("%s is the name of a violation", (keyword, bytes) => {
  expect(readAll([bytes]).violation?.keyword).toBe(keyword);
  const bytewise = [...bytes].map((byte) => Buffer.from([byte]));
  expect(readAll(bytewise).violation?.keyword).toBe(keyword);
});

test("a text message that is cut within a character, with a ping between, is one message", () => {
  const payload = Buffer.from('42["€"]');
  const ping = rawFrame({ opcode: opcodes.ping, payload: Buffer.alloc(0) });
  for (let at = 0; at <= payload.length; at += 1) {
    const frames = fragment(payload, [{ at: at / payload.length, controls: [ping] }]);
    expect(readAll(frames).messages).toEqual(["ping ", `text ${payload.toString("latin1")}`]);
  }
});

test("a message of the greatest length is read, also in fragments, and one byte more is not", () => {
  const frames = (length: number) => fragment(Buffer.alloc(length, 0x20), [{ at: 0.5, controls: [] }]);
  expect(readAll(frames(messageBytesMax)).messages).toHaveLength(1);
  expect(readAll(frames(messageBytesMax + 1)).violation?.keyword).toBe("message-too-long");
});

test("unfinished messages of all connections share one budget, and give it back", () => {
  const budget = new ByteBudget(3_000_000);
  const unfinished = textFrame("x".repeat(900_000)).subarray(0, 800_000);
  const readers = Array.from({ length: 3 }, () => new MessageReader(budget));
  for (const reader of readers) expect(reader.read(unfinished, 0, unfinished.length).kind).toBe("incomplete");
  expect(readAll([unfinished], budget).violation?.keyword).toBe("unfinished-bytes");
  for (const reader of readers) reader.discard();
  expect(budget.used).toBe(0);
  expect(readAll([unfinished, Buffer.alloc(200_000, 0x78)], budget).messages).toHaveLength(1);
  expect(budget.used).toBe(0);
});
