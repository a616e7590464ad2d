/** Thin subscribers of a compressed stream accept what a client can inflate, and nothing else. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { countFaults } from "../oracle/delivery-counts.js";
import { createRegenerated, tick } from "../oracle/stream-matcher.fixture.js";
import { DeflateStream } from "./compressed-stream.fixture.js";
import { anyCuts, cut, fragment, rawFrame, textFrame } from "./frames.fixture.js";
import {
  type Subscription,
  deflateHandshake,
  give,
  handshake,
  subscribe,
  subscribeTo,
} from "./thin-subscriber.fixture.js";

const seed = 7692;

/** One of the subscribers: when it joins, which ticks it gets uncompressed in between, and how TCP cuts its bytes. */
const anyPeer = fc.record({
  from: fc.nat({ max: 6 }),
  behindAt: fc.array(fc.nat({ max: 24 }), { maxLength: 3 }),
  cuts: anyCuts,
});
const anyTick = fc.record({
  values: fc.array(fc.nat({ max: 99_999 }), { minLength: 3, maxLength: 9 }),
  isKey: fc.boolean(),
  isCompressed: fc.integer({ min: 0, max: 5 }).map((one) => one > 0),
});
const anyRun = fc.record({
  ticks: fc.array(anyTick, { minLength: 8, maxLength: 25 }),
  peers: fc.array(anyPeer, { minLength: 2, maxLength: 6 }),
});

/** Distinct texts: the oracle finds a subscriber's place by them. */
const textOf = (at: number, index: number, value: number): string =>
  JSON.stringify(["market:update", { sectorId: `sector-${index}`, value, timestamp: `${at}-${index}` }]);

test(`whoever joins a compressed stream, falls behind or is cut anywhere gets all of it (seed ${seed})`, () => {
  let compressed = 0;
  fc.assert(
    fc.property(anyRun, ({ ticks, peers }) => {
      const batches = ticks.map(({ values }, at) =>
        tick(at + 1, ...values.map((value, index) => textOf(at, index, value))),
      );
      const stream = createRegenerated(...batches);
      const subscriptions = peers.map(({ from }) => subscribeTo(stream, true, 10 * from + 5));
      const inStream = peers.map(() => false);
      const deflate = new DeflateStream();
      const owed = peers.map(() => 0);
      const bytes = peers.map((): Buffer[] => [...deflateHandshake]);
      batches.forEach(({ texts }, at) => {
        const { isKey, isCompressed } = ticks[at];
        if (isKey) deflate.cut();
        const plain = texts.map((text) => textFrame(`42${text}`));
        const small = isCompressed ? texts.map((text) => deflate.frame(`42${text}`)) : plain;
        peers.forEach(({ from, behindAt }, peer) => {
          if (at < from) return;
          owed[peer] += texts.length;
          if (behindAt.includes(at)) {
            if (isCompressed) inStream[peer] = false;
            bytes[peer].push(...plain);
          } else {
            if (isCompressed && isKey) inStream[peer] = true;
            if (inStream[peer]) compressed += 1;
            bytes[peer].push(...(inStream[peer] ? small : plain));
          }
        });
      });
      peers.forEach(({ cuts }, peer) => give(subscriptions[peer], cut(Buffer.concat(bytes[peer]), cuts)));
      subscriptions.forEach(({ matcher, violations, happened }, peer) => {
        matcher.leave();
        expect(violations).toEqual([]);
        expect(happened).toEqual(["connected"]);
        expect(countFaults(matcher.counts)).toBe(0);
        expect(matcher.counts.received).toBe(owed[peer]);
      });
    }),
    { seed, numRuns: amount(150, 5_000) },
  );
  expect(compressed).toBeGreaterThan(100);
});

/** Subscribers that have each got one tick of three events compressed. */
function subscribed(count: number, deflate = new DeflateStream()): Subscription[] {
  const texts = [1, 2, 3, 4, 5, 6].map((value) => textOf(1, value, value));
  const stream = createRegenerated(tick(1, ...texts.slice(0, 3)), tick(2, ...texts.slice(3)));
  const frames = texts.slice(0, 3).map((text) => deflate.frame(`42${text}`));
  const subscriptions = Array.from({ length: count }, () => subscribeTo(stream, true));
  for (const one of subscriptions) give(one, [Buffer.concat([...deflateHandshake, ...frames])]);
  for (const { matcher } of subscriptions) expect(matcher.counts.received).toBe(3);
  return subscriptions;
}

test("a compressed event that is another one than expected is a fault of each that gets it", () => {
  const deflate = new DeflateStream();
  const subscriptions = subscribed(3, deflate);
  const wrong = deflate.frame(`42${textOf(1, 4, 4_000)}`);
  const rest = [5, 6].map((value) => deflate.frame(`42${textOf(1, value, value)}`));
  for (const one of subscriptions) {
    give(one, [Buffer.concat([wrong, ...rest])]);
    one.matcher.finish();
    expect(one.matcher.counts).toMatchObject({ received: 5, corrupted: 1 });
  }
});

test("a message that refers to one which the subscriber has not received ends its subscription, as with ws", () => {
  const deflate = new DeflateStream();
  const [first] = subscribed(1, deflate);
  const frame = deflate.frame(`42${textOf(1, 4, 4)}`);
  give(first, [frame]);
  expect(first.matcher.counts.received).toBe(4);
  const late = subscribeTo(createRegenerated(tick(1, textOf(1, 4, 4))), true);
  give(late, [...deflateHandshake, frame]);
  expect(late.violations).toEqual(["inflate"]);
});

test("a message that was left out shows, though others of the process have received it", () => {
  const deflate = new DeflateStream();
  const [all, gap] = subscribed(2, deflate);
  const frames = [4, 5, 6].map((value) => deflate.frame(`42${textOf(1, value, value)}`));
  give(all, [Buffer.concat(frames)]);
  expect(all.matcher.counts.received).toBe(6);
  give(gap, [frames[1], frames[2]]);
  gap.matcher.finish();
  expect(gap.violations.length + countFaults(gap.matcher.counts)).toBeGreaterThan(0);
});

test("a compressed message may come in fragments, and control frames between them", () => {
  const deflate = new DeflateStream();
  const text = textOf(1, 1, 1);
  const subscription = subscribeTo(createRegenerated(tick(1, text, textOf(1, 2, 2), textOf(1, 3, 3))), true);
  const controls = [rawFrame({ opcode: 9, payload: Buffer.from("?") })];
  const frames = fragment(deflate.payload(`42${text}`), [{ at: 0.5, controls }]);
  frames[0][0] |= 0x40;
  const rest = [2, 3].map((value) => deflate.frame(`42${textOf(1, value, value)}`));
  give(subscription, [Buffer.concat([...deflateHandshake, ...frames, ...rest])]);
  expect(subscription.matcher.counts.received).toBe(3);
  expect(subscription.violations).toEqual([]);
});

test.each([
  ["inflate", rawFrame({ opcode: 1, reserved: 4, payload: Buffer.alloc(20, 0xff) })],
  ["utf-8", rawFrame({ opcode: 1, reserved: 4, payload: new DeflateStream().payload(Buffer.from([0x34, 0xff])) })],
  ["message-too-long", rawFrame({ opcode: 1, reserved: 4, payload: new DeflateStream().payload("4".repeat(2e6)) })],
  ["reserved-bits", rawFrame({ opcode: 9, reserved: 4, payload: Buffer.from("x") })],
  ["reserved-bits", rawFrame({ opcode: 1, reserved: 2, payload: Buffer.from("x") })],
])("%s ends the subscription", (keyword, frame) => {
  const subscription = subscribeTo(createRegenerated(), true);
  give(subscription, [...deflateHandshake, frame]);
  expect(subscription.violations).toEqual([keyword]);
  expect(subscription.happened).toHaveLength(2);
});

test("a compressed message is a violation where nothing was agreed", () => {
  const subscription = subscribe();
  give(subscription, [...handshake, new DeflateStream().frame('42["x"]')]);
  expect(subscription.violations).toEqual(["reserved-bits"]);
});
