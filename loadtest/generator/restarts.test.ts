import { expect, test } from "vitest";
import { LatencyHistogram } from "../core/histogram.js";
import { createCounts } from "../oracle/delivery-counts.js";
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import { Restarts, reconnectionDelayMs } from "./restarts.js";

function matcherOf(id: number): StreamMatcher {
  return { id, counts: createCounts() } as StreamMatcher;
}

const backOf = (encoded: string) =>
  [...LatencyHistogram.merge([encoded]).values()].map(([ms, count]) => [Math.round(ms / 10) * 10, count]);

test("who is dropped counts once, and from the beginning of the restart until it stays", () => {
  const restarts = new Restarts();
  const [one, two, three] = [matcherOf(1), matcherOf(2), matcherOf(3)];
  restarts.begin(4, 1000);
  for (const matcher of [one, two, three]) restarts.lost(matcher);
  restarts.back(1, 2000, false);
  // Dropped once more amid the restart: it was not back for good.
  restarts.lost(one);
  expect([1, 2].map((id) => restarts.isWaiting(id))).toEqual([true, true]);
  restarts.back(1, 4000, true);
  restarts.back(2, 3000, false);
  one.counts.missed += 7;
  const [report] = restarts.report();
  expect(report).toMatchObject({ stage: 4, dropped: 3, resumed: 1, missed: 7 });
  expect(backOf(report.back)).toEqual([
    [2000, 1],
    [3000, 1],
  ]);
});

test("what a subscriber misses later is not the restart's doing", () => {
  const restarts = new Restarts();
  const one = matcherOf(1);
  one.counts.missed = 100;
  restarts.begin(0, 0);
  restarts.lost(one);
  one.counts.missed += 5;
  restarts.back(1, 10, false);
  restarts.endAbsence(1);
  one.counts.missed += 50;
  restarts.begin(1, 1000);
  restarts.lost(one);
  one.counts.missed += 3;
  expect(restarts.report().map(({ missed }) => missed)).toEqual([5, 3]);
});

test("attempts come as a stock client's do, not all at once", () => {
  const delays = (attempt: number) => Array.from({ length: 1000 }, (_, id) => reconnectionDelayMs(id, attempt));
  for (const [attempt, meanMs] of [1000, 2000, 4000, 5000, 5000].entries()) {
    const all = delays(attempt);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(meanMs / 2);
    expect(Math.max(...all)).toBeLessThanOrEqual(meanMs * 1.5);
    expect(all.reduce((sum, ms) => sum + ms, 0) / 1000 / meanMs).toBeCloseTo(1, 1);
  }
});
