import { expect, test } from "vitest";
import { PlanError } from "../options.js";
import { findThinPercentile, judgeThreshold, parseThreshold } from "./thresholds.js";

const summary = { latencyMs: { p99: 42, p999: null, count: 500 }, deliveries: { lost: 0 }, verdict: "PASS" };

test.each([
  ["latencyMs.p99<50", true],
  ["latencyMs.p99 < 42", false],
  ["latencyMs.p99<=42", true],
  ["latencyMs.p99>41.5", true],
  ["latencyMs.p99>=43", false],
  ["deliveries.lost==0", true],
])("%s: %s", (expression, passed) => {
  expect(judgeThreshold(parseThreshold(expression), summary).passed).toBe(passed);
});

test.each([
  "latencyMs.p999<50",
  "latencyMs.p75<50",
  "no.such.path>=0",
  "verdict>0",
  "deliveries<1",
  "latencyMs.__proto__<1",
])("%s yields no number, and fails", (expression) => {
  expect(judgeThreshold(parseThreshold(expression), summary)).toMatchObject({ value: null, passed: false });
});

test.each(["", "latencyMs.p99", "latencyMs.p99<", "<50", "latencyMs.p99=50", "a b<1", "p99<fast"])(
  "%j is no threshold",
  (expression) => {
    expect(() => parseThreshold(expression)).toThrow(PlanError);
  },
);

test("a percentile needs ten samples beyond it", () => {
  expect(findThinPercentile(parseThreshold("latencyMs.p99<50"), summary)).toMatch(/500 samples; p99 needs 1000/);
  expect(
    findThinPercentile(parseThreshold("latencyMs.p99<50"), { latencyMs: { p99: 1, count: 1000 } }),
  ).toBeUndefined();
  expect(findThinPercentile(parseThreshold("deliveries.lost==0"), summary)).toBeUndefined();
});
