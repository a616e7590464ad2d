/** Accounts of one subscriber that follow each other on the same connection. */
import { expect, test } from "vitest";
import { countFaults } from "./delivery-counts.js";
import { LearningSubscribers, createRegenerated, tick } from "./stream-matcher.fixture.js";
import { StreamMatcher } from "./stream-matcher.js";

/** A subscriber that was owed two ticks, and after the end has received one more and a part of the next. */
function setUp() {
  const stream = createRegenerated(...[1, 2, 3, 4, 5, 6].map((number) => tick(number, `a${number}`, `b${number}`)));
  const before = new StreamMatcher(0, stream, false);
  before.connected(0);
  for (const text of ["a1", "b1"]) before.frame(text, 15);
  stream.chain.close(2);
  for (const text of ["a2", "b2"]) before.frame(text, 25);
  expect(before.isDone).toBe(true);
  before.rest();
  const follow = (...texts: readonly string[]) => {
    for (const text of texts) {
      before.settle();
      if (before.batch?.texts[before.item] === text)
        before.arrived(before.batch, before.batch.wire.ends[before.item], 0);
    }
  };
  return { stream, before, follow };
}

test("an account begins with the first batch that leaves later, wherever the one before has left the stream", () => {
  const { stream, before, follow } = setUp();
  follow("a3", "b3", "a4");
  expect(before.counts).toMatchObject({ received: 4, lost: 0 });
  const after = new StreamMatcher(0, stream, false);
  stream.chain.reopen(45);
  after.takeOver(before, 45);
  for (const text of ["b4", "a5", "b5", "a6"]) after.frame(text, 60);
  stream.chain.close(Infinity);
  after.finish();
  expect(after.counts).toMatchObject({ received: 3, lost: 1 });
  expect(after.divergence).toMatchObject({ kind: "lost", tick: 6, expected: "b6" });
  expect(before.counts).toMatchObject({ received: 4, lost: 0 });
});

test("what the account before never got is lost in neither", () => {
  const { stream, before } = setUp();
  stream.chain.reopen(45);
  const after = new StreamMatcher(0, stream, false);
  after.takeOver(before, 45);
  for (const text of ["a5", "b5", "a6", "b6"]) after.frame(text, 60);
  after.finish();
  expect(after.counts).toMatchObject({ received: 4, lost: 0 });
  expect(countFaults(before.counts) + countFaults(after.counts)).toBe(0);
});

test("where nothing is planned yet the account begins with whatever comes next", () => {
  const { stream, before, follow } = setUp();
  follow("a3", "b3", "a4", "b4", "a5", "b5", "a6", "b6");
  stream.chain.reopen(65);
  const after = new StreamMatcher(0, stream, false);
  after.takeOver(before, 65);
  stream.extend([tick(7, "a7", "b7")]);
  for (const text of ["a7", "b7"]) after.frame(text, 70);
  after.finish();
  expect(after.counts).toMatchObject({ received: 2, lost: 0 });
  expect(countFaults(after.counts)).toBe(0);
});

test("on another stream an account begins as with a new connection", () => {
  const { before } = setUp();
  const { stream, matchers } = new LearningSubscribers(1);
  const after = new StreamMatcher(1, stream, false);
  after.takeOver(before, 0);
  expect(after.joined).toBe(false);
  matchers[0].frame("one", 1);
  after.frame("one", 1);
  expect(after.joined).toBe(true);
});
