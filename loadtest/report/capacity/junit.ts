/** junit.xml of a search: one test case, whether it has a number. A probe that fails is no failure. */
import type { Capacity } from "../../../schemas/index.js";
import { formatJunitXml } from "../junit-xml.js";

export function formatCapacityJunit({ verdict, conclusion, durationMs, startedAt, probes }: Capacity): string {
  const hasNumber = verdict === "found" || verdict === "atLeast";
  const search = {
    className: "loadtest.capacity",
    name: "capacity",
    assertions: probes.length,
    failure: hasNumber ? undefined : { message: conclusion },
  };
  return formatJunitXml({ name: "capacity", durationMs, startedAt, cases: [search] });
}
