/** summary.md: what a pull request or a chat wants to see. */
import type { Summary } from "../../schemas/index.js";
import {
  addressCells,
  addressHead,
  formatAddresses,
  formatCount,
  formatLatencyBasis,
  formatSeconds,
  formatSubscribers,
  formatValue,
  latencyCells,
  latencyHead,
} from "../core/format.js";

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map((_, at) => (at === 0 ? "---" : "---:")), ...rows].map(
    (row) => `| ${row.map(cell).join(" | ")} |`,
  );
}

export function formatMarkdown(summary: Summary): string {
  const { deliveries, clients, rates, target } = summary;
  const basis = formatLatencyBasis(summary);
  return [
    `## ${summary.verdict}: load test ${summary.plan.name}`,
    "",
    ...summary.reasons.map((reason) => `- ${reason}`),
    ...(summary.reasons.length > 0 ? [""] : []),
    `${formatSubscribers(clients)} of ${formatAddresses(summary)}, ${formatCount(rates.deliveriesPerSecond)} deliveries a second for ${formatSeconds(summary.durationMs)}, ${target.oracle === "regenerated" ? "each compared with the regenerated stream" : `held against each other (${target.oracleReason}), so that what all received alike, such as a duplicate or a changed value, cannot be seen`}.`,
    "",
    ...table(
      ["", ...latencyHead],
      [
        ["delivery", ...latencyCells(summary.latencyMs)],
        ["last subscriber", ...latencyCells(summary.completionMs)],
        ...(summary.payloadLatencyMs.count > 0 ? [["from payload", ...latencyCells(summary.payloadLatencyMs)]] : []),
        ["REST", ...latencyCells(summary.httpMs)],
      ],
    ),
    "",
    ...(basis === "" ? [] : [basis, ""]),
    ...table(Object.keys(deliveries), [Object.values(deliveries).map(formatCount)]),
    "",
    ...(summary.addresses.length > 1
      ? [
          ...table(
            ["address", ...addressHead],
            summary.addresses.map((address) => [address.url, ...addressCells(address)]),
          ),
          "",
        ]
      : []),
    ...(summary.http.routes.length > 0
      ? [
          ...table(
            ["route", "answered", "failed", "no answer", "why"],
            summary.http.routes.map(({ route, requests, failed, errors, reasons }) => [
              `\`${route}\``,
              ...[requests, failed, errors].map(formatCount),
              reasons.slice(0, 5).join("; "),
            ]),
          ),
          "",
        ]
      : []),
    ...(summary.thresholds.length > 0
      ? [
          ...table(
            ["threshold", "value", ""],
            summary.thresholds.map(({ expression, value, passed }) => [
              `\`${expression}\``,
              formatValue(value),
              passed ? "holds" : "**fails**",
            ]),
          ),
          "",
        ]
      : []),
    ...summary.divergences
      .slice(0, 10)
      .map(
        ({ event, pointer, detail, deliveries: count }) =>
          `- ${event} \`${pointer}\` ${detail} (${formatCount(count)})`,
      ),
    ...(summary.divergences.length > 0 ? [""] : []),
    `Again: \`${summary.command}\``,
    "",
  ].join("\n");
}
