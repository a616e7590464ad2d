/** Comparisons of runs whose true ratio is planted: how often the intervals contain it, and how often a change is called. */
import { expect, test } from "vitest";
import type { Comparison } from "../../schemas/index.js";
import { amount } from "../../schemas/amount.fixture.js";
import { compareRuns } from "./compare-runs.js";
import { makeRuns } from "./synthetic-run.fixture.js";

const pairs = amount(20, 200);

interface Pair {
  readonly seed: number;
  readonly factor: number;
  readonly seconds: number;
  /** Runs of each side. @default 1 */
  readonly runs?: number;
}

function compare({ seed, factor, seconds, runs = 1 }: Pair): Comparison {
  const side = (name: string, times: number) =>
    makeRuns(Array.from({ length: runs }, (_, at) => ({ seed: `${name} ${seed} ${at}`, seconds, factor: times })));
  return compareRuns(side("old", 1), side("new", factor));
}

function compareAll(pair: Omit<Pair, "seed">): readonly Comparison[] {
  return Array.from({ length: pairs }, (_, seed) => compare({ ...pair, seed }));
}

/** How many of 20 do. */
function inTwenty(comparisons: readonly Comparison[], holds: (comparison: Comparison) => boolean): number {
  return (comparisons.filter(holds).length / comparisons.length) * 20;
}

const containsEach =
  (ratio: number) =>
  ({ percentiles }: Comparison): boolean =>
    percentiles.every(({ ratioMin, ratioMax }) => ratioMin! <= ratio && ratio <= ratioMax!);

test.each([30, 60])("equal builds show no difference in 19 of 20, seeds 0 to 19, %i s", (seconds) => {
  expect(inTwenty(compareAll({ factor: 1, seconds }), ({ verdict }) => verdict === "same")).toBeGreaterThanOrEqual(19);
});

test.each([
  [1.2, 30],
  [0.7, 60],
  [3, 30],
])("the intervals of a build %f times as slow contain that in 19 of 20, seeds 0 to 19, %i s", (factor, seconds) => {
  expect(inTwenty(compareAll({ factor, seconds }), containsEach(factor))).toBeGreaterThanOrEqual(19);
});

test("a build made 20 % slower is called slower in 19 of 20 by four runs of a minute, seeds 0 to 19", () => {
  const comparisons = compareAll({ factor: 1.2, seconds: 60, runs: 4 });
  expect(inTwenty(comparisons, ({ verdict }) => verdict === "slower")).toBeGreaterThanOrEqual(19);
  expect(inTwenty(comparisons, containsEach(1.2))).toBeGreaterThanOrEqual(19);
});

test("a build made 40 % slower is called slower in 19 of 20 by one run of a minute, seeds 0 to 19", () => {
  const comparisons = compareAll({ factor: 1.4, seconds: 60 });
  expect(inTwenty(comparisons, ({ verdict }) => verdict === "slower")).toBeGreaterThanOrEqual(19);
});

test("the same runs give the same comparison", () => {
  expect(compare({ seed: 7, factor: 1.1, seconds: 30 })).toEqual(compare({ seed: 7, factor: 1.1, seconds: 30 }));
});
