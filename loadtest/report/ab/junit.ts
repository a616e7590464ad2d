/** junit.xml of an A/B test: whether it can be trusted, whether B's deliveries are right, and a test case for each figure. */
import type { AbTest } from "../../../schemas/index.js";
import { describeChange } from "../../comparison/conclusion.js";
import { formatJunitXml } from "../junit-xml.js";

export function formatAbJunit({
  verdict,
  conclusion,
  reasons,
  figures,
  durationMs,
  startedAt,
  rounds,
}: AbTest): string {
  const className = "loadtest.ab";
  const hasFailed = verdict === "worse" && reasons.length > 0;
  const trusted = {
    className,
    name: "can be compared",
    assertions: rounds.length,
    failure: verdict === "invalid" ? { message: conclusion } : undefined,
  };
  const delivered = {
    className,
    name: "deliveries of B",
    failure: hasFailed ? { message: reasons.join("; ") } : undefined,
  };
  const cases = figures.map((one) => ({
    className,
    name: one.path,
    failure: one.change === "worse" ? { message: describeChange(one) } : undefined,
  }));
  return formatJunitXml({ name: "A/B test", durationMs, startedAt, cases: [trusted, delivered, ...cases] });
}
