/** One account over several connections: what left while a subscriber was away, counted event by event. */
import { expect, test } from "vitest";
import { totalsOf } from "./delivery-counts.js";
import type { RegeneratedStream } from "./regenerated-stream.js";
import { StreamMatcher } from "./stream-matcher.js";
import { createRegenerated, tick } from "./stream-matcher.fixture.js";

const ticks = Array.from({ length: 10 }, (_, at) => tick(at + 1, `a${at + 1}`, `b${at + 1}`, `c${at + 1}`));

/** A subscriber that has received the first two ticks and a part of the third. */
function setUp(): { readonly stream: RegeneratedStream; readonly first: StreamMatcher } {
  const stream = createRegenerated(...ticks);
  const first = new StreamMatcher(0, stream, false);
  first.connected(0);
  receive(first, "a1", "b1", "c1", "a2", "b2", "c2", "a3");
  first.interrupt();
  return { stream, first };
}

function receive(matcher: StreamMatcher, ...texts: string[]): void {
  for (const text of texts) matcher.frame(text, 500);
}

function textsOf(from: number, to: number): string[] {
  return ticks.slice(from - 1, to).flatMap(({ texts }) => texts);
}

test("what is due between two connections is missed, also the rest of a tick that was cut in two", () => {
  const { stream, first } = setUp();
  const second = new StreamMatcher(0, stream, false, first);
  // Between the ticks six and seven.
  second.connected(65);
  receive(second, ...textsOf(7, 10));
  second.finish();
  expect(totalsOf(second.counts)).toMatchObject({ expected: 30, received: 7 + 12, missed: 2 + 9, lost: 0 });
});

test("what is due from the return on and never comes is lost", () => {
  const { stream, first } = setUp();
  const second = new StreamMatcher(0, stream, false, first);
  second.connected(65);
  receive(second, ...textsOf(8, 10));
  second.finish();
  expect(totalsOf(second.counts)).toMatchObject({ expected: 30, received: 7 + 9, missed: 11, lost: 3 });
});

test("who does not return has missed all the rest", () => {
  const { stream, first } = setUp();
  const second = new StreamMatcher(0, stream, false, first);
  second.finish();
  expect(totalsOf(second.counts)).toMatchObject({ expected: 30, received: 7, missed: 23, lost: 0 });
});

test("two absences add up, the second before anything has come", () => {
  const { stream, first } = setUp();
  const second = new StreamMatcher(0, stream, false, first);
  second.connected(45);
  second.interrupt();
  const third = new StreamMatcher(0, stream, false, second);
  third.connected(85);
  receive(third, ...textsOf(9, 10));
  third.finish();
  expect(totalsOf(third.counts)).toMatchObject({ expected: 30, received: 7 + 6, missed: 17, lost: 0 });
});

test("who was cut off before anything had come has missed what it was owed since its connection", () => {
  const stream = createRegenerated(...ticks);
  const first = new StreamMatcher(0, stream, false);
  first.connected(15);
  first.interrupt();
  const second = new StreamMatcher(0, stream, false, first);
  second.connected(45);
  receive(second, ...textsOf(5, 10));
  second.finish();
  expect(totalsOf(second.counts)).toMatchObject({ expected: 27, received: 18, missed: 9, lost: 0 });
});

test("a session that is resumed is owed everything, and a recovery's faults are counted", () => {
  const { stream, first } = setUp();
  const second = new StreamMatcher(0, stream, false, first);
  second.resumed(65, 60);
  // b5 is lost, c6 doubled.
  const replayed = ["b3", "c3", ...textsOf(4, 6), "c6"].filter((text) => text !== "b5");
  receive(second, ...replayed, ...textsOf(7, 10));
  second.finish();
  expect(totalsOf(second.counts)).toMatchObject({ expected: 30, received: 29, lost: 1, duplicated: 1, missed: 0 });
});

test("a frame that had arrived unjudged before the break is judged after it", () => {
  const stream = createRegenerated(...ticks.slice(0, 2));
  const first = new StreamMatcher(0, stream, false);
  first.connected(0);
  // The third tick is not known yet.
  receive(first, ...textsOf(1, 3));
  first.interrupt();
  const second = new StreamMatcher(0, stream, false, first);
  stream.extend(ticks.slice(2));
  second.resumed(65, 60);
  receive(second, ...textsOf(4, 10));
  second.finish();
  expect(totalsOf(second.counts)).toMatchObject({ expected: 30, received: 30, lost: 0, unexpected: 0, missed: 0 });
});

test("a command's batch of the time away that becomes known later is missed, too", () => {
  const { stream, first } = setUp();
  const second = new StreamMatcher(0, stream, false, first);
  second.connected(65);
  receive(second, ...textsOf(7, 8));
  const posted = { tick: 5, sequence: 1, intendedMs: 52, texts: ["posted"] };
  for (const place of stream.amend([posted], [])) second.inserted(place);
  receive(second, ...textsOf(9, 10));
  second.finish();
  expect(totalsOf(second.counts)).toMatchObject({ expected: 31, received: 19, missed: 12, lost: 0 });
});
