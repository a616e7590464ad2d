/** junit.xml of a comparison: a test case for each percentile. */
import type { Comparison } from "../../../schemas/index.js";
import { describeChange } from "../../comparison/conclusion.js";
import { formatJunitXml } from "../junit-xml.js";

export function formatComparisonJunit(comparison: Comparison): string {
  const { verdict, conclusion, percentiles, new: changed } = comparison;
  const cases = percentiles.map((one) => ({
    className: "loadtest.compare",
    name: one.path,
    failure: one.change === "slower" ? { message: describeChange(one) } : undefined,
  }));
  const conclusive = {
    className: "loadtest.compare",
    name: "can be compared",
    failure: verdict === "inconclusive" ? { message: conclusion } : undefined,
  };
  return formatJunitXml({
    name: "load test compared",
    durationMs: changed.measuredSeconds * 1000,
    cases: [conclusive, ...cases],
  });
}
