/** What REST answered beside the subscribers. */
import type { Summary } from "../../../schemas/index.js";
import { formatCount, formatMs } from "../../figures.js";
import { code, section, table } from "../markup.js";

export function describeRest({ http }: Summary): string {
  if (http.routes.length === 0) return "";
  const rows = http.routes.map(({ route, perSecond, requests, errors, failed, latencyMs }) => [
    code(route),
    String(perSecond),
    formatCount(requests),
    formatCount(failed),
    formatCount(errors),
    formatMs(latencyMs.p50),
    formatMs(latencyMs.p90),
    formatMs(latencyMs.p99),
  ]);
  return section(
    "REST beside the subscribers",
    table({
      caption: "REST",
      head: ["Route", "Planned/s", "Answered", "4xx, 5xx", "No answer", "p50", "p90", "p99"],
      rows,
    }),
  );
}
