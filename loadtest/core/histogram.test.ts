/** A histogram gives back what was recorded: each value within a thousandth, with its count, smallest first. */
import { expect, test } from "vitest";
import { LatencyHistogram } from "./histogram.js";

test("its values are those that were recorded, and so are those of its copy", () => {
  const recorded = [
    [0, 2],
    [0.001, 1],
    [1.5, 7],
    [2048, 3],
    [3_600_000, 1],
  ] as const;
  const histogram = new LatencyHistogram();
  for (const [valueMs, count] of recorded.toReversed()) histogram.record(valueMs, count);
  for (const one of [histogram, LatencyHistogram.merge([histogram.encode()])]) {
    const values = [...one.values()];
    expect(values.map(([, count]) => count)).toEqual(recorded.map(([, count]) => count));
    for (const [index, [valueMs]] of values.entries()) {
      const [expected] = recorded[index];
      expect(Math.abs(valueMs - expected)).toBeLessThanOrEqual(expected / 1000);
    }
  }
});

test("an empty one has none", () => {
  expect([...new LatencyHistogram().values()]).toEqual([]);
});
