/** What REST answered beside the subscribers. */
import type { Summary } from "../../../schemas/index.js";
import { formatCount, formatMs } from "../../core/format.js";
import { code, section, table } from "../markup.js";

export function describeRest({ http }: Summary): string {
  if (http.routes.length === 0) return "";
  const rows = http.routes.map(({ route, perSecond, requests, errors, failed, reasons, latencyMs }) => [
    code(route),
    String(perSecond),
    formatCount(requests),
    formatCount(failed),
    formatCount(errors),
    formatMs(latencyMs.p50),
    formatMs(latencyMs.p90),
    formatMs(latencyMs.p99),
    reasons.join("; "),
  ]);
  return section(
    "REST beside the subscribers",
    table({
      caption: "REST",
      head: ["Route", "Planned/s", "Answered", "Failed", "No answer", "p50", "p90", "p99", "Why"],
      rows,
      words: [8],
    }),
  );
}
