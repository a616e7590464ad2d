/** A subscriber's account when the command log becomes known later than the frames that it explains. */
import { expect, test } from "vitest";
import { StreamMatcher } from "./stream-matcher.js";
import { LearningSubscribers, createRegenerated, tick } from "./stream-matcher.fixture.js";
import { countFaults } from "./delivery-counts.js";
import type { PlannedBatch } from "./expected-batch.js";
import { RegeneratedStream } from "./regenerated-stream.js";

/** A subscriber that has received the first two ticks of three, and a frame that nobody foretold. */
function setUp(surprise?: string) {
  const stream = new RegeneratedStream(() => 1000);
  stream.know(15);
  stream.extend([tick(1, "a1", "b1"), tick(2, "a2", "b2"), tick(3, "a3", "b3"), tick(4, "a4", "b4")]);
  const matcher = new StreamMatcher(0, stream, false);
  matcher.connected(0);
  for (const text of ["a1", "b1", "a2", "b2"]) matcher.frame(text, 15);
  if (surprise !== undefined) matcher.frame(surprise, 21);
  const learnLog = (batch: PlannedBatch) => {
    for (const place of stream.amend([batch], [])) matcher.inserted(place);
    stream.know(1000);
    matcher.judge();
  };
  const receive = (...texts: string[]) => {
    for (const text of texts) matcher.frame(text, 30);
  };
  return { matcher, learnLog, receive };
}

test("a tick that turns out to be longer owes the rest, and what came of it is no repeat", () => {
  const { matcher, learnLog, receive } = setUp("c2");
  learnLog(tick(2, "a2", "b2", "c2"));
  receive("a3", "b3", "a4", "b4");
  matcher.finish();
  expect(matcher.divergence).toBeUndefined();
  expect(matcher.counts).toMatchObject({ received: 9, lost: 0 });
});

test("what a longer tick owes and never came is lost, also for who has gone on", () => {
  const { matcher, learnLog, receive } = setUp();
  receive("a3");
  learnLog(tick(2, "a2", "b2", "c2"));
  receive("b3", "a4", "b4");
  matcher.finish();
  expect(matcher.counts).toMatchObject({ received: 8, lost: 1 });
  expect(countFaults(matcher.counts)).toBe(1);
  expect(matcher.divergence).toMatchObject({ kind: "lost", tick: 2, expected: "c2" });
});

test("a command's batch that becomes known late is received, not unexpected", () => {
  const { matcher, learnLog, receive } = setUp("posted");
  learnLog({ tick: 2, sequence: 1, intendedMs: Number.NaN, texts: ["posted"] });
  receive("a3", "b3", "a4", "b4");
  matcher.finish();
  expect(matcher.counts).toMatchObject({ received: 9, lost: 0 });
  expect(countFaults(matcher.counts)).toBe(0);
});

test("who begins with frames written in another way has its place where they mean the same, not where the plan ends", () => {
  const status = '["agent:status_update",{"agentId":"a","status":"idle"}]';
  const written = '["market:update",{"value":1,"sectorId":"s"}]';
  const stream = createRegenerated();
  stream.chain.append(tick(1, status, '["market:update",{"sectorId":"s","value":1}]'));
  for (const batch of [tick(2, "a2", "b2"), tick(3, "a3", status)]) stream.chain.append(batch);
  const matcher = new StreamMatcher(0, stream, false);
  // The first tick was meant to leave before, and leaves late.
  matcher.connected(15);
  matcher.frame(status, 16);
  matcher.frame(written, 16);
  stream.chain.append(tick(4, "a4", "b4"));
  for (const text of ["a2", "b2", "a3", status, "a4", "b4"]) matcher.frame(text, 40);
  matcher.finish();
  expect(matcher.divergence).toBeUndefined();
  expect(matcher.counts).toMatchObject({ received: 8, lost: 0 });
});

/** Learns the stream from its matchers, as on a server that nobody can regenerate. */
test("what a server tells a newcomer alone is lost by nobody, and what came before by no newcomer", () => {
  const group = new LearningSubscribers();
  const [first, second, newcomer] = group.matchers;
  const tell = (texts: readonly string[], ...matchers: readonly StreamMatcher[]) => {
    for (const text of texts) for (const matcher of matchers) group.receive(matcher, text, 20);
  };
  tell(["a", "b", "c"], first, second);
  tell(["welcome"], newcomer);
  tell(["d", "e", "f", "g", "h", "i"], first, second, newcomer);
  group.stream.chain.closed = true;
  group.finish();
  expect(group.matchers.map(({ counts }) => [counts.received, counts.lost])).toEqual([
    [9, 0],
    [9, 0],
    [6, 0],
  ]);
});

test("a newcomer's place is not where another newcomer was told the same", () => {
  const group = new LearningSubscribers();
  const [first, second, newcomer] = group.matchers;
  const tell = (texts: readonly string[], ...matchers: readonly StreamMatcher[]) => {
    for (const text of texts) for (const matcher of matchers) group.receive(matcher, text, 20);
  };
  tell(["welcome", "a", "b", "c"], first);
  tell(["a", "b", "c"], second);
  tell(["d", "e"], first, second);
  tell(["welcome", "f", "g", "h"], newcomer);
  tell(["f", "g", "h", "i"], first, second);
  tell(["i"], newcomer);
  group.stream.chain.closed = true;
  group.finish();
  expect(group.matchers.map(({ counts }) => countFaults(counts))).toEqual([0, 0, 0]);
});

/** Receives tick after tick of ten frames each, without those that `drops` says. */
function receiveTicks(
  ticks: number,
  drops: (tick: number, item: number) => boolean,
  late: ReadonlyMap<number, string>,
) {
  const stream = createRegenerated();
  const matcher = new StreamMatcher(0, stream, false);
  matcher.connected(0);
  for (let number = 1; number <= ticks; number += 1) {
    const texts = Array.from({ length: 10 }, (_, item) => `${number}.${item}`);
    stream.chain.append(tick(number, ...texts));
    for (const [item, text] of texts.entries()) if (!drops(number, item)) matcher.frame(text, number * 10);
    const after = late.get(number);
    if (after !== undefined) matcher.frame(after, number * 10);
  }
  stream.chain.close(ticks);
  matcher.finish();
  return matcher.counts;
}

test("a frame that comes late is found, however many were lost before it", () => {
  const drops = (number: number, item: number) => (number > 1 && number <= 40) || (number === 42 && item === 5);
  expect(receiveTicks(60, drops, new Map([[45, "42.5"]]))).toMatchObject({
    received: 210,
    lost: 390,
    reordered: 1,
    unexpected: 0,
  });
});

test("what comes long after it was counted as lost stays lost", () => {
  const drops = (number: number, item: number) => number === 2 && item === 5;
  expect(receiveTicks(100, drops, new Map([[90, "2.5"]]))).toMatchObject({ received: 999, lost: 1, unexpected: 1 });
});

const status = (agent: string, of: number) => JSON.stringify(["agent:status_update", { agentId: agent, status: of }]);
const message = (id: number) => JSON.stringify(["discussion:new_message", { message: { id } }]);
const plainTick = (number: number) => [status("a", number), status("b", number), message(number)];
const rare = status("rare", 2);

test.each([
  ["come behind them", [message(2), message(3), rare, status("a", 3), status("b", 3), ...plainTick(4)]],
  [
    "are the next ones",
    [message(2), message(3), message(4), status("a", 2), status("b", 2), rare, status("a", 4), status("b", 4)],
  ],
])("a slow reader that gets messages at once and skipped states later is in order (they %s)", (_, behind) => {
  const stream = createRegenerated();
  const matcher = new StreamMatcher(0, stream, true);
  const second = [status("a", 2), status("b", 2), rare, message(2)];
  for (const number of [1, 2, 3, 4, 5])
    stream.chain.append(tick(number, ...(number === 2 ? second : plainTick(number))));
  matcher.connected(0);
  for (const text of [...plainTick(1), ...behind, ...plainTick(5)]) matcher.frame(text, 100);
  stream.chain.close(5);
  matcher.finish();
  expect(countFaults(matcher.counts), JSON.stringify(matcher.divergence)).toBe(0);
  expect(matcher.counts).toMatchObject({ received: 14, conflated: 2 });
});

test.each([
  ["a state that has been left out since", [message(3), status("a", 3), status("b", 3)], { lost: 2, reordered: 0 }],
  [
    "states of two ticks that have",
    [message(2), message(3), status("a", 3), status("b", 3)],
    { lost: 2, reordered: 0 },
  ],
  [
    "states that come behind it",
    [message(3), ...plainTick(2), status("a", 3), status("b", 3)],
    { lost: 0, reordered: 1 },
  ],
])("a message that overtakes %s is the one that stands further on", (_, behind, counts) => {
  const stream = createRegenerated(...[1, 2, 3, 4, 5, 6].map((number) => tick(number, ...plainTick(number))));
  const matcher = new StreamMatcher(0, stream, false);
  matcher.connected(0);
  const isAll = behind.includes(message(2));
  for (const text of [...plainTick(1), ...behind, ...plainTick(4), ...plainTick(5), ...plainTick(6)])
    matcher.frame(text, 100);
  stream.chain.close(6);
  matcher.finish();
  const lost = counts.lost + (isAll ? 0 : 1);
  expect(matcher.counts, JSON.stringify(matcher.divergence)).toMatchObject({
    ...counts,
    lost,
    received: 18 - lost,
    unexpected: 0,
    corrupted: 0,
    duplicated: 0,
  });
});

test.each([
  [0, 1],
  [8, 0],
])(
  "what may have left before the connection, by clocks that are off by %i ms, is owed where it comes",
  (byMs, lost) => {
    const stream = createRegenerated(...[1, 2, 3, 4].map((number) => tick(number, `["e",${number}]`)));
    stream.uncertaintyMs = byMs;
    const matcher = new StreamMatcher(0, stream, false);
    matcher.connected(15);
    for (const number of [3, 4]) matcher.frame(`["e",${number}]`, 40);
    stream.chain.close(4);
    matcher.finish();
    expect(matcher.counts).toMatchObject({ received: 2, lost });
  },
);

test("frames that are too long to be held are judged though the log is not known, also before a place is found", () => {
  const { matcher, receive } = setUp();
  const long = (index: number) => `["x",${index},"${"y".repeat(300_000)}"]`;
  receive(long(1), long(2), long(3));
  expect(matcher.holding).toBe(true);
  receive(long(4));
  expect(matcher.holding).toBe(false);
  expect(matcher.counts.unexpected + matcher.counts.corrupted).toBe(4);
  expect(matcher.divergence?.received).toHaveLength(600);

  const newcomer = new StreamMatcher(1, createRegenerated(), false);
  newcomer.connected(0);
  for (let index = 0; index < 40; index += 1) newcomer.frame(long(index), 30);
  expect(newcomer.joined).toBe(false);
  newcomer.finish();
  expect(newcomer.counts.unexpected).toBe(40);
});
