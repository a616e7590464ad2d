/** What everybody has passed is garbage, however early somebody came and whoever has gone since. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test, vi } from "vitest";
import { Follower } from "./stream-matcher.js";
import { StreamOracle, tick } from "./stream-matcher.fixture.js";
import type { ExpectedBatch } from "./stream.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Hands on so many ticks to a follower that stays and one that leaves; the batches are held by nobody here. */
function play(oracle: StreamOracle, stays: Follower, leaves: Follower, ticks: number): WeakRef<ExpectedBatch>[] {
  const batches: WeakRef<ExpectedBatch>[] = [];
  for (let number = 1; number <= ticks; number += 1) {
    const batch = oracle.stream.append(tick(number, `a${number}`, `b${number}`));
    if (batch !== undefined) batches.push(new WeakRef(batch));
    for (const follower of [stays, leaves])
      for (const text of [`a${number}`, `b${number}`]) follower.frame(text, number * 10);
    if (number === 10) leaves.leave();
  }
  return batches;
}

test("an early subscriber holds no batch that it has passed, and one that left holds none at all", async () => {
  const oracle = new StreamOracle();
  const [stays, leaves] = [new Follower(0, oracle, false), new Follower(1, oracle, false)];
  for (const follower of [stays, leaves]) follower.connected(0);
  const batches = play(oracle, stays, leaves, 1000);
  const left = () => batches.filter((batch) => batch.deref() !== undefined).length;
  const isCollected = () => {
    collectGarbage();
    return left() < 600;
  };
  await vi.waitUntil(isCollected, { timeout: 10_000 });
  expect(stays.ledger.received).toBe(2000);
  expect(leaves.ledger.received).toBe(20);
});
