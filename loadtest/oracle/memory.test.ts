/** What everybody has passed is garbage, however early somebody came and whoever has gone since. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test, vi } from "vitest";
import { StreamMatcher } from "./stream-matcher.js";
import { LearningSubscribers, createRegenerated, tick } from "./stream-matcher.fixture.js";
import type { ExpectedBatch } from "./expected-batch.js";
import type { RegeneratedStream } from "./regenerated-stream.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Hands on so many ticks to a matcher that stays and one that leaves; the batches are held by nobody here. */
function play(
  stream: RegeneratedStream,
  stays: StreamMatcher,
  leaves: StreamMatcher,
  ticks: number,
): WeakRef<ExpectedBatch>[] {
  const batches: WeakRef<ExpectedBatch>[] = [];
  for (let number = 1; number <= ticks; number += 1) {
    const batch = stream.chain.append(tick(number, `a${number}`, `b${number}`));
    if (batch !== undefined) batches.push(new WeakRef(batch));
    for (const matcher of [stays, leaves])
      for (const text of [`a${number}`, `b${number}`]) matcher.frame(text, number * 10);
    if (number === 10) leaves.leave();
  }
  return batches;
}

const alive = (batches: readonly WeakRef<ExpectedBatch>[]): number => {
  collectGarbage();
  return batches.filter((batch) => batch.deref() !== undefined).length;
};

/** Three subscribers of a learned stream; the last loses every tenth event and gets two others swapped, but at first. */
function playLearned(group: LearningSubscribers, events: number): WeakRef<ExpectedBatch>[] {
  const batches: WeakRef<ExpectedBatch>[] = [];
  for (let number = 0; number < events; number += 10) {
    const texts = Array.from({ length: 10 }, (_, at) => `${number + at}`);
    const [lost, first, second, ...rest] = texts;
    group.nowMs = number + 500;
    for (const matcher of group.matchers.slice(0, 2)) for (const text of texts) group.receive(matcher, text, number);
    for (const text of number === 0 ? texts : [second, first, ...rest]) group.receive(group.matchers[2], text, number);
    const batch = group.stream.chain.recent.find(({ texts: [text] }) => text === lost);
    if (batch !== undefined) batches.push(new WeakRef(batch));
    group.settle(false);
  }
  return batches;
}

test("of a learned stream nothing is held that everybody is far beyond, whatever was lost and swapped", async () => {
  const group = new LearningSubscribers(3);
  const batches = playLearned(group, 10_000);
  expect(batches).toHaveLength(1000);
  expect(group.matchers[2].counts.lost).toBeGreaterThan(900);
  expect(group.matchers[2].counts.reordered).toBeGreaterThan(900);
  await vi.waitUntil(() => alive(batches) < 200, { timeout: 10_000 });
  group.stream.chain.close(Infinity);
  group.finish();
  expect(group.matchers.map(({ counts: { lost, reordered } }) => [lost, reordered])).toEqual([
    [0, 0],
    [0, 0],
    [999, 999],
  ]);
});

test("an early subscriber holds no batch that it has passed, and one that left holds none at all", async () => {
  const stream = createRegenerated();
  const [stays, leaves] = [new StreamMatcher(0, stream, false), new StreamMatcher(1, stream, false)];
  for (const matcher of [stays, leaves]) matcher.connected(0);
  const batches = play(stream, stays, leaves, 1000);
  await vi.waitUntil(() => alive(batches) < 600, { timeout: 10_000 });
  expect(stays.counts.received).toBe(2000);
  expect(leaves.counts.received).toBe(20);
});
