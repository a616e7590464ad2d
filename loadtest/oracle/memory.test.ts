/** What everybody has passed is garbage, however early somebody came and whoever has gone since. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test, vi } from "vitest";
import { StreamMatcher } from "./stream-matcher.js";
import { StreamOracle, tick } from "./stream-matcher.fixture.js";
import type { ExpectedBatch } from "./stream.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Hands on so many ticks to a matcher that stays and one that leaves; the batches are held by nobody here. */
function play(
  oracle: StreamOracle,
  stays: StreamMatcher,
  leaves: StreamMatcher,
  ticks: number,
): WeakRef<ExpectedBatch>[] {
  const batches: WeakRef<ExpectedBatch>[] = [];
  for (let number = 1; number <= ticks; number += 1) {
    const batch = oracle.stream.append(tick(number, `a${number}`, `b${number}`));
    if (batch !== undefined) batches.push(new WeakRef(batch));
    for (const matcher of [stays, leaves])
      for (const text of [`a${number}`, `b${number}`]) matcher.frame(text, number * 10);
    if (number === 10) leaves.leave();
  }
  return batches;
}

test("an early subscriber holds no batch that it has passed, and one that left holds none at all", async () => {
  const oracle = new StreamOracle();
  const [stays, leaves] = [new StreamMatcher(0, oracle, false), new StreamMatcher(1, oracle, false)];
  for (const matcher of [stays, leaves]) matcher.connected(0);
  const batches = play(oracle, stays, leaves, 1000);
  const left = () => batches.filter((batch) => batch.deref() !== undefined).length;
  const isCollected = () => {
    collectGarbage();
    return left() < 600;
  };
  await vi.waitUntil(isCollected, { timeout: 10_000 });
  expect(stays.counts.received).toBe(2000);
  expect(leaves.counts.received).toBe(20);
});
