/** What REST answered beside the subscribers. */
import type { Summary } from "../../../schemas/index.js";
import { describeSending, formatCount, formatMs } from "../../core/format.js";
import { code, paragraph, section, table } from "../markup.js";

/** A row for each route. */
export function tabulateRoutes(routes: Summary["http"]["routes"]): string {
  const rows = routes.map(({ route, perSecond, requests, errors, failed, reasons, latencyMs }) => [
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
  return table({
    caption: "REST",
    head: ["Route", "Planned/s", "Answered", "Failed", "No answer", "p50", "p90", "p99", "Why"],
    rows,
    words: [8],
  });
}

export function describeRest(summary: Summary): string {
  const { routes } = summary.http;
  const sentences = describeSending(summary).map((sentence) => paragraph(`${sentence}.`));
  if (routes.length === 0) return sentences.length === 0 ? "" : section("REST", ...sentences);
  return section("REST beside the subscribers", tabulateRoutes(routes), ...sentences);
}
