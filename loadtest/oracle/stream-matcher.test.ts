/** A subscriber's account when the command log becomes known later than the frames that it explains. */
import { expect, test } from "vitest";
import { Follower } from "./stream-matcher.js";
import { LearningOracle, StreamOracle, tick } from "./stream-matcher.fixture.js";
import { countFaults } from "./delivery-counts.js";
import type { PlannedBatch } from "./stream.js";

/** A subscriber that has received the first two ticks of three, and a frame that nobody foretold. */
function setUp(surprise?: string) {
  const oracle = new StreamOracle();
  for (const batch of [tick(1, "a1", "b1"), tick(2, "a2", "b2"), tick(3, "a3", "b3"), tick(4, "a4", "b4")])
    oracle.stream.append(batch);
  const follower = new Follower(0, oracle, false);
  follower.connected(0);
  for (const text of ["a1", "b1", "a2", "b2"]) follower.frame(text, 20);
  oracle.knownMs = 15;
  if (surprise !== undefined) follower.frame(surprise, 21);
  const learnLog = (batch: PlannedBatch) => {
    for (const place of oracle.stream.amend([batch], []).toReversed()) follower.inserted(place);
    oracle.knownMs = 1000;
    follower.judge();
  };
  const receive = (...texts: string[]) => {
    for (const text of texts) follower.frame(text, 30);
  };
  return { follower, learnLog, receive };
}

test("a tick that turns out to be longer owes the rest, and what came of it is no repeat", () => {
  const { follower, learnLog, receive } = setUp("c2");
  learnLog(tick(2, "a2", "b2", "c2"));
  receive("a3", "b3", "a4", "b4");
  follower.finish();
  expect(follower.divergence).toBeUndefined();
  expect(follower.ledger).toMatchObject({ received: 9, lost: 0 });
});

test("what a longer tick owes and never came is lost, also for who has gone on", () => {
  const { follower, learnLog, receive } = setUp();
  receive("a3");
  learnLog(tick(2, "a2", "b2", "c2"));
  receive("b3", "a4", "b4");
  follower.finish();
  expect(follower.ledger).toMatchObject({ received: 8, lost: 1 });
  expect(countFaults(follower.ledger)).toBe(1);
  expect(follower.divergence).toMatchObject({ kind: "lost", tick: 2, expected: "c2" });
});

test("a command's batch that becomes known late is received, not unexpected", () => {
  const { follower, learnLog, receive } = setUp("posted");
  learnLog({ tick: 2, sequence: 1, intendedMs: Number.NaN, texts: ["posted"] });
  receive("a3", "b3", "a4", "b4");
  follower.finish();
  expect(follower.ledger).toMatchObject({ received: 9, lost: 0 });
  expect(countFaults(follower.ledger)).toBe(0);
});

test("who begins with frames written in another way has its place where they mean the same, not where the plan ends", () => {
  const status = '["agent:status_update",{"agentId":"a","status":"idle"}]';
  const written = '["market:update",{"value":1,"sectorId":"s"}]';
  const oracle = new StreamOracle();
  oracle.stream.append(tick(1, status, '["market:update",{"sectorId":"s","value":1}]'));
  for (const batch of [tick(2, "a2", "b2"), tick(3, "a3", status)]) oracle.stream.append(batch);
  const follower = new Follower(0, oracle, false);
  // The first tick was meant to leave before, and leaves late.
  follower.connected(15);
  follower.frame(status, 16);
  follower.frame(written, 16);
  oracle.stream.append(tick(4, "a4", "b4"));
  for (const text of ["a2", "b2", "a3", status, "a4", "b4"]) follower.frame(text, 40);
  follower.finish();
  expect(follower.divergence).toBeUndefined();
  expect(follower.ledger).toMatchObject({ received: 8, lost: 0 });
});

/** Learns the stream from its followers, as on a server that nobody can regenerate. */
test("what a server tells a newcomer alone is lost by nobody, and what came before by no newcomer", () => {
  const oracle = new LearningOracle();
  const [first, second, newcomer] = oracle.followers;
  const tell = (texts: readonly string[], ...followers: readonly Follower[]) => {
    for (const text of texts) for (const follower of followers) follower.frame(text, 20);
  };
  tell(["a", "b", "c"], first, second);
  tell(["welcome"], newcomer);
  tell(["d", "e", "f", "g", "h", "i"], first, second, newcomer);
  oracle.stream.closed = true;
  oracle.finish();
  expect(oracle.followers.map(({ ledger }) => [ledger.received, ledger.lost])).toEqual([
    [9, 0],
    [9, 0],
    [6, 0],
  ]);
});

test("a newcomer's place is not where another newcomer was told the same", () => {
  const oracle = new LearningOracle();
  const [first, second, newcomer] = oracle.followers;
  const tell = (texts: readonly string[], ...followers: readonly Follower[]) => {
    for (const text of texts) for (const follower of followers) follower.frame(text, 20);
  };
  tell(["welcome", "a", "b", "c"], first);
  tell(["a", "b", "c"], second);
  tell(["d", "e"], first, second);
  tell(["welcome", "f", "g", "h"], newcomer);
  tell(["f", "g", "h", "i"], first, second);
  tell(["i"], newcomer);
  oracle.stream.closed = true;
  oracle.finish();
  expect(oracle.followers.map(({ ledger }) => countFaults(ledger))).toEqual([0, 0, 0]);
});

/** Receives tick after tick of ten frames each, without those that `drops` says. */
function receiveTicks(
  ticks: number,
  drops: (tick: number, item: number) => boolean,
  late: ReadonlyMap<number, string>,
) {
  const oracle = new StreamOracle();
  const follower = new Follower(0, oracle, false);
  follower.connected(0);
  for (let number = 1; number <= ticks; number += 1) {
    const texts = Array.from({ length: 10 }, (_, item) => `${number}.${item}`);
    oracle.stream.append(tick(number, ...texts));
    for (const [item, text] of texts.entries()) if (!drops(number, item)) follower.frame(text, number * 10);
    const after = late.get(number);
    if (after !== undefined) follower.frame(after, number * 10);
  }
  oracle.stream.close(ticks);
  follower.finish();
  return follower.ledger;
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
  const oracle = new StreamOracle();
  const follower = new Follower(0, oracle, true);
  const second = [status("a", 2), status("b", 2), rare, message(2)];
  for (const number of [1, 2, 3, 4, 5])
    oracle.stream.append(tick(number, ...(number === 2 ? second : plainTick(number))));
  follower.connected(0);
  for (const text of [...plainTick(1), ...behind, ...plainTick(5)]) follower.frame(text, 100);
  oracle.stream.close(5);
  follower.finish();
  expect(countFaults(follower.ledger), JSON.stringify(follower.divergence)).toBe(0);
  expect(follower.ledger).toMatchObject({ received: 14, conflated: 2 });
});

test("frames that are too long to be held are judged though the log is not known, also before a place is found", () => {
  const { follower, receive } = setUp();
  const long = (index: number) => `["x",${index},"${"y".repeat(300_000)}"]`;
  receive(long(1), long(2), long(3));
  expect(follower.holding).toBe(true);
  receive(long(4));
  expect(follower.holding).toBe(false);
  expect(follower.ledger.unexpected + follower.ledger.corrupted).toBe(4);
  expect(follower.divergence?.received).toHaveLength(600);

  const newcomer = new Follower(1, new StreamOracle(), false);
  newcomer.connected(0);
  for (let index = 0; index < 40; index += 1) newcomer.frame(long(index), 30);
  expect(newcomer.joined).toBe(false);
  newcomer.finish();
  expect(newcomer.ledger.unexpected).toBe(40);
});
