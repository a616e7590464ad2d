/** What came of the run: the verdict, the figures that matter most, the thresholds. */
import type { Summary } from "../../../schemas/index.js";
import { escapeXml } from "../../core/escape-xml.js";
import {
  describeTrust,
  formatAddresses,
  formatCount,
  formatMs,
  formatSubscribers,
  formatValue,
} from "../../core/format.js";
import { type Figure, code, listFigures, mark, paragraph, section, table } from "../markup.js";

const meanings: Readonly<Record<Summary["verdict"], string>> = {
  PASS: "Everything that was expected arrived, and every threshold holds.",
  FAIL: "The server did not do what it had to:",
  INVALID: "Inconclusive, because:",
};

export function describeVerdict(summary: Summary): string {
  const { verdict, reasons, plan, clients } = summary;
  const list = reasons.map((reason) => `<li>${escapeXml(reason)}</li>`).join("");
  return `<div class="verdict ${verdict.toLowerCase()}"><span class="word">${verdict}</span><h1>Load test “${escapeXml(plan.name)}”: ${formatSubscribers(clients)} of ${escapeXml(formatAddresses(summary))}</h1>${paragraph(meanings[verdict])}${describeTrust(summary).map(paragraph).join("")}${list === "" ? "" : `<ul>${list}</ul>`}</div>`;
}

/** What else went wrong, where something did: no figure above may look sound in a run that failed for another reason. */
function describeFaults({ conformance, clients, http, server }: Summary): [string, string, string][] {
  const faults: [string, number, string][] = [
    ["Invalid payloads", conformance.violations, `of ${formatCount(conformance.checked)} checked`],
    [
      "Subscribers lost",
      clients.refused + clients.dropped + clients.silent,
      `${clients.refused} refused, ${clients.dropped} dropped, ${clients.silent} silent`,
    ],
    [
      "REST faults",
      http.failed + http.errors,
      `${formatCount(http.failed)} failed, ${formatCount(http.errors)} unanswered`,
    ],
    ["Server late", server.slips, "times, by more than a second"],
  ];
  return faults.filter(([, count]) => count > 0).map(([name, count, more]) => [name, formatCount(count), more]);
}

export function describeFigures(summary: Summary): string {
  const { deliveries, rates, latencyMs, httpMs } = summary;
  const missing = deliveries.expected - deliveries.received;
  const figures: readonly Figure[] = [
    [
      "Deliveries a second",
      formatCount(rates.deliveriesPerSecond),
      `${formatCount(deliveries.received)} in all, each one checked`,
    ],
    [
      "99 % arrived within",
      formatMs(latencyMs.p99),
      `median ${formatMs(latencyMs.p50)}, slowest ${formatMs(latencyMs.max)}`,
    ],
    [
      "Missing or wrong",
      formatCount(
        missing +
          deliveries.duplicated +
          deliveries.reordered +
          deliveries.unexpected -
          deliveries.conflated -
          deliveries.missed,
      ),
      `of ${formatCount(deliveries.expected)} expected`,
    ],
    ["REST, 90 %", formatMs(httpMs.p90), `${formatCount(httpMs.count)} answers`],
    ...describeFaults(summary),
  ];
  return listFigures(figures);
}

export function describeThresholds({ thresholds }: Summary): string {
  if (thresholds.length === 0) return "";
  const failedFirst = thresholds.toSorted((a, b) => Number(a.passed) - Number(b.passed));
  const rows = failedFirst.map(({ expression, value, passed }) => [
    code(expression),
    formatValue(value),
    mark(passed, "holds", "fails"),
  ]);
  return section("Thresholds", table({ caption: "Thresholds", head: ["Condition", "Measured", "Outcome"], rows }));
}
