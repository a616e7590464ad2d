/** A subscriber's account when the command log becomes known later than the frames that it explains. */
import { expect, test } from "vitest";
import { Follower } from "./follower.js";
import { LearnedStream } from "../generator/learned-stream.js";
import { StreamOracle, tick } from "./follower.fixture.js";
import { countFaults } from "./ledger.js";
import type { ExpectedBatch, PlannedBatch } from "./stream.js";

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

/** Learns the stream from its followers, as on a server that nobody can regenerate. */
class LearningOracle extends StreamOracle {
  override readonly learning = true;
  readonly followers = [0, 1, 2].map((id) => new Follower(id, this, false));
  readonly #learned = new LearnedStream(this.stream);
  override readonly isReference = (batch: ExpectedBatch) => this.#learned.isReference(batch);
  override readonly learn = (text: string) => this.#learned.append(text);
  override learnBefore(following: ExpectedBatch, text: string): ExpectedBatch {
    const batch = this.#learned.insertBefore(following, text);
    for (const follower of this.followers) follower.inserted({ batch, item: 0 });
    return batch;
  }
  override passed(batch: ExpectedBatch): void {
    this.#learned.passed(batch);
  }
  override delivered(_: Follower, batch: ExpectedBatch): void {
    batch.taken += 1;
  }
}

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
  for (const follower of oracle.followers) follower.finish();
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
  for (const follower of oracle.followers) follower.finish();
  expect(oracle.followers.map(({ ledger }) => countFaults(ledger))).toEqual([0, 0, 0]);
});
