/** What a thin subscriber accepts as delivered, and what it rejects, byte by byte as a server may send it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { opcodes } from "../core/frames.js";
import { tick } from "../oracle/stream-matcher.fixture.js";
import { countFaults } from "../oracle/delivery-counts.js";
import { anyControl, anyCuts, anyFragmentation, cut, fragment, rawFrame, textFrame } from "./frames.fixture.js";
import { connectPacket, give, handshake, openPacket, subscribe, upgradeAnswer } from "./thin-subscriber.fixture.js";

const seed = 17;

const anyText = fc
  .record({ value: fc.integer(), text: fc.string({ unit: "binary", maxLength: 200 }) })
  .map(({ value, text }) => JSON.stringify(["market:update", { sectorId: text, value }]));
/** An event as a server may write it: mostly in one frame, with or without the default namespace. */
const anySending = fc.record({
  text: anyText,
  prefix: fc.constantFrom("42", "42", "42/,"),
  before: fc.array(anyControl, { maxLength: 1 }),
  cuts: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: anyFragmentation }),
});

test(`however a stream is fragmented and cut, its deliveries are counted exactly (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.array(anySending, { minLength: 6, maxLength: 12 }), anyCuts, (sendings, cuts) => {
      const texts = sendings.map(({ text }) => text);
      const subscription = subscribe([tick(1, ...texts.slice(0, 3)), tick(2, ...texts.slice(3))]);
      const frames = sendings.flatMap((sending) => [
        ...sending.before,
        ...fragment(Buffer.from(sending.prefix + sending.text), sending.cuts),
      ]);
      give(subscription, cut(Buffer.concat([...handshake, ...frames]), cuts));
      subscription.matcher.finish();
      expect(subscription.violations).toEqual([]);
      expect(subscription.happened).toEqual(["connected"]);
      expect(subscription.matcher.counts.received).toBe(texts.length);
      expect(countFaults(subscription.matcher.counts)).toBe(0);
    }),
    { seed, numRuns: amount(1000, 12_000) },
  );
});

test("one byte at a time, every event arrives", () => {
  const texts = ['["market:update",{"value":1}]', '["market:update",{"value":2}]', '["market:update",{"value":3}]'];
  const subscription = subscribe([tick(1, ...texts)]);
  const bytes = Buffer.concat([...handshake, ...texts.map((text) => textFrame(`42${text}`))]);
  give(
    subscription,
    [...bytes].map((byte) => Buffer.from([byte])),
  );
  expect(subscription.matcher.counts.received).toBe(3);
});

test("a batch that is written anew while a frame of it is half there leaves that frame whole", () => {
  const texts = ['["a",{"x":1}]', '["a",{"x":2}]', '["a",{"x":3}]', '["a",{"x":4,"y":5}]'];
  const subscription = subscribe([tick(1, ...texts)]);
  const frames = texts.map((text) => textFrame(`42${text}`));
  give(subscription, [...handshake, ...frames.slice(0, 3), frames[3].subarray(0, 10)]);
  // Another subscriber has learned that the server writes the keys in another order.
  subscription.matcher.batch?.rewrite(3, '["a",{"y":5,"x":4}]');
  give(subscription, [frames[3].subarray(10)]);
  subscription.matcher.finish();
  expect(countFaults(subscription.matcher.counts)).toBe(0);
  expect(subscription.matcher.counts.received).toBe(4);
});

test.each([
  ["second-open", textFrame(openPacket)],
  ["second-connect", textFrame('40{"sid":"again"}')],
  ["ack", textFrame("430[1]")],
  ["namespace", textFrame('42/admin,["market:update",{}]')],
  ["namespace", textFrame("41/admin,")],
  ["pong", textFrame("3")],
  ["upgrade", textFrame("5")],
  ["empty-event", textFrame("42")],
])("%s is a violation that is counted, and the subscription goes on", (keyword, frame) => {
  const texts = ["1", "2", "3", "4"].map((value) => `["market:update",{"value":${value}}]`);
  const subscription = subscribe([tick(1, ...texts)]);
  const frames = texts.map((text) => textFrame(`42${text}`));
  give(subscription, [...handshake, ...frames.slice(0, 3), frame, frames[3]]);
  expect(subscription.violations).toEqual([keyword]);
  expect(subscription.happened).toEqual(["connected"]);
  expect(subscription.matcher.counts.received).toBe(4);
});

test("an event that asks for an acknowledgement is a violation, and counts as delivered", () => {
  const subscription = subscribe([tick(1, '["a",1]', '["a",2]', '["a",3]')]);
  give(subscription, [...handshake, ...["1", "2", "3"].map((value) => textFrame(`4217["a",${value}]`))]);
  expect(subscription.violations).toEqual(["ack-request", "ack-request", "ack-request"]);
  expect(subscription.matcher.counts.received).toBe(3);
});

const binaryFrame = rawFrame({ opcode: opcodes.binary, payload: Buffer.from("abc") });

test("a binary event is a violation, its attachments are none, and surplus ones are", () => {
  const subscription = subscribe();
  const event = textFrame('452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
  give(subscription, [...handshake, event, binaryFrame, textFrame("2"), textFrame("bAAAA")]);
  expect(subscription.violations).toEqual(["binary-event"]);
  give(subscription, [binaryFrame]);
  expect(subscription.violations).toEqual(["binary-event", "binary"]);
  expect(subscription.happened).toEqual([
    "connected",
    "dropped: Socket.IO: a binary message that belongs to no packet",
  ]);
});

test("a packet in place of an attachment ends the subscription", () => {
  const subscription = subscribe();
  give(subscription, [...handshake, textFrame('451-["a",{"_placeholder":true,"num":0}]'), textFrame('42["a"]')]);
  expect(subscription.violations).toEqual(["binary-event", "attachments"]);
  expect(subscription.happened).toHaveLength(2);
});

test.each([
  ["packet-type", ""],
  ["packet-type", "9rubbish"],
  ["packet-type", "x"],
  ["packet-type", "4"],
  ["packet-type", '49["x"]'],
  ["payload", "42{}"],
  ["payload", '41{"why":1}'],
  ["late-connect-error", '44{"message":"no"}'],
])("%s (%j) ends the subscription, as it does with a stock client", (keyword, packet) => {
  const subscription = subscribe();
  give(subscription, [...handshake, textFrame(packet)]);
  expect(subscription.violations).toEqual([keyword]);
  expect(subscription.happened).toEqual(["connected", expect.stringMatching(/^dropped: /)]);
});

test("packets before their time are violations", () => {
  const beforeOpen = subscribe();
  give(beforeOpen, [upgradeAnswer, textFrame(connectPacket), textFrame('42["a"]')]);
  expect(beforeOpen.violations).toEqual(["early", "early"]);
  expect(beforeOpen.happened).toEqual([]);
});

test.each([
  ["a connect error", '44{"message":"not you"}', "refused: not you"],
  ["a connect packet without a session", "40", "refused: no session id in the connect packet"],
])("%s refuses the subscription", (_, packet, reason) => {
  const subscription = subscribe();
  give(subscription, [upgradeAnswer, textFrame(openPacket), textFrame(packet)]);
  expect(subscription.happened).toEqual([reason]);
});

test.each([
  '{"sid":"a","pingInterval":1e999,"pingTimeout":1}',
  '{"sid":"a","pingInterval":0,"pingTimeout":20000}',
  '{"sid":"a","pingInterval":25000,"pingTimeout":2147483647}',
  "{}",
  "null",
  "",
])("an open packet with %j has no heartbeat, and is refused", (text) => {
  const subscription = subscribe();
  give(subscription, [upgradeAnswer, textFrame(`0${text}`)]);
  expect(subscription.happened).toEqual(["refused: no Engine.IO handshake"]);
});

test("a close frame ends the subscription with its code, and nothing behind it counts", () => {
  const subscription = subscribe();
  const close = rawFrame({ opcode: opcodes.close, payload: Buffer.from([3, 233]) });
  give(subscription, [Buffer.concat([...handshake, close, textFrame("430[]")])]);
  expect(subscription.happened).toEqual(["connected", "dropped: closed by the server with 1001"]);
  expect(subscription.violations).toEqual([]);
});
