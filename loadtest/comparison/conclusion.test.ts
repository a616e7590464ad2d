import { expect, test } from "vitest";
import type { ComparedPercentile } from "../../schemas/index.js";
import { describeConclusion } from "./conclusion.js";

function changed(
  name: string,
  change: ComparedPercentile["change"],
  ratioMin: number,
  ratioMax: number,
): ComparedPercentile {
  return { path: `latencyMs.${name}`, oldMs: 1, newMs: 1, ratio: 1, ratioMin, ratioMax, change };
}

const same = changed("p90", "same", 0.95, 1.1);

test.each([
  [[same], "same", "No difference beyond noise."],
  [[changed("p50", "slower", 1.08, 1.17), same], "slower", "Slower: p50 by 8 to 17 %."],
  [[changed("p50", "faster", 0.5, 0.875)], "faster", "Faster: p50 by 13 to 50 %."],
  [
    [changed("p50", "slower", 1.025, 3), changed("p90", "slower", 1.01, 1.1), changed("p99", "faster", 0.4, 0.9)],
    "mixed",
    "Slower: p50 by 2.5 to 200 %, p90 by 1 to 10 %; faster: p99 by 10 to 60 %.",
  ],
])("%j is %s", (percentiles, verdict, conclusion) => {
  expect(describeConclusion(percentiles, [])).toEqual({ verdict, conclusion });
});

test("with a reason against it nothing is concluded", () => {
  const slower = changed("p50", "slower", 1.08, 1.17);
  expect(describeConclusion([slower], ["the run is too short"])).toEqual({
    verdict: "inconclusive",
    conclusion: "Inconclusive: the run is too short.",
  });
});
