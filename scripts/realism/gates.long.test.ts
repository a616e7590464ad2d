/** The short form of `npm run realism`: two seeds and a month. The long form has the gates that need more data. */
import { expect, test } from "vitest";
import { formatOutcomes, judge, marketGates } from "./gates.js";
import { controlScenario, marketScenario, sampleMarket } from "./sample.js";

const seeds = ["1", "2"];
const robust = new Set([
  "heavy tails",
  "tail index",
  "volatility clusters",
  "no linear memory",
  "lively open",
  "lively close",
]);

test("the market has the stylised facts and a random walk has not", () => {
  const gates = marketGates.filter(({ name }) => robust.has(name));
  const model = seeds.map((seed) => sampleMarket(marketScenario(), seed, { sessions: 21 }));
  const control = seeds.map((seed) => sampleMarket(controlScenario(), seed, { sessions: 5 }));
  const outcomes = gates.map((gate) => judge(gate, model));
  expect(outcomes.filter(({ passed }) => !passed).map(({ gate, median }) => [gate.statistic, median])).toEqual([]);
  const missed = marketGates.map((gate) => judge(gate, control)).filter(({ passed }) => !passed);
  expect(missed.length).toBeGreaterThanOrEqual(4);
  expect(formatOutcomes(outcomes).split("\n")).toHaveLength(gates.length + 1);
});
