/** Tests of two servers whose true difference is planted: how often it is found, and how often one is called that is not there. */
import { expect, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { type AbTest, schemaFiles } from "../../schemas/index.js";
import { describeAb } from "./conclusion.js";
import { type SyntheticTest, makeRounds } from "./synthetic-rounds.fixture.js";

const tests = amount(400, 4000);
const facts = schemaFiles["ab.schema.json"].examples[0] as unknown as AbTest;

function conclude(synthetic: SyntheticTest): AbTest {
  const { precision = facts.precision } = synthetic;
  return describeAb({ rounds: makeRounds(synthetic), facts: { ...facts, precision }, problem: null, notes: [] });
}

/** How many of 20 do. */
function inTwenty(given: Omit<SyntheticTest, "seed">, holds: (ab: AbTest) => boolean): number {
  const all = Array.from({ length: tests }, (_, seed) => conclude({ ...given, seed }));
  return (all.filter(holds).length / all.length) * 20;
}

const isDifferent = ({ verdict }: AbTest): boolean => verdict !== "same" && verdict !== "invalid";
const isInvalid = ({ verdict }: AbTest): boolean => verdict === "invalid";
const isWorse = ({ verdict }: AbTest): boolean => verdict === "worse";

test.each([0.01, 0.02, 0.03])(
  "equal servers are called different in none of 20, and INVALID in at most one, deviation %d, seeds 0 to 399",
  (deviation) => {
    expect(inTwenty({ deviation }, isDifferent)).toBeLessThan(0.2);
    expect(inTwenty({ deviation }, isInvalid)).toBeLessThan(1);
  },
);

test("10 % dearer is found in 19 of 20 in at most 30 rounds, deviation 0.02, seeds 0 to 399", () => {
  expect(inTwenty({ factor: 1.1 }, isWorse)).toBeGreaterThanOrEqual(19);
});

test.each([
  [30, 0.015],
  [45, 0.02],
])("5 %% dearer is found in 15 of 20 in at most %i rounds, deviation %d, seeds 0 to 399", (roundsMax, deviation) => {
  expect(inTwenty({ factor: 1.05, roundsMax, deviation }, isWorse)).toBeGreaterThanOrEqual(15);
});

test("a tenth cheaper is better in 19 of 20, seeds 0 to 399", () => {
  expect(inTwenty({ factor: 0.9 }, ({ verdict }) => verdict === "better")).toBeGreaterThanOrEqual(19);
});

test("a machine on which an equal server differs by a tenth is never trusted, seeds 0 to 399", () => {
  for (const factor of [1, 1.1]) expect(inTwenty({ factor, controlFactor: 1.1 }, isInvalid)).toBeGreaterThan(19);
});

test("a machine too noisy for what was asked is INVALID, seeds 0 to 399", () => {
  expect(inTwenty({ deviation: 0.12 }, isInvalid)).toBeGreaterThan(19);
});
