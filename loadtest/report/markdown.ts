/** summary.md: what a pull request or a chat wants to see. */
import type { Percentiles, Summary } from "../../schemas/index.js";
import { formatCount, formatMs, formatSubscribers, formatValue } from "./figures.js";

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map((_, at) => (at === 0 ? "---" : "---:")), ...rows].map(
    (row) => `| ${row.map(cell).join(" | ")} |`,
  );
}

function latencyRow(name: string, { p50, p90, p99, p999, max, count }: Percentiles): string[] {
  return [name, ...[p50, p90, p99, p999, max].map(formatMs), formatCount(count)];
}

export function formatMarkdown(summary: Summary): string {
  const { deliveries, clients, rates, target } = summary;
  return [
    `## ${summary.verdict}: load test ${summary.plan.name}`,
    "",
    ...summary.reasons.map((reason) => `- ${reason}`),
    ...(summary.reasons.length > 0 ? [""] : []),
    `${formatSubscribers(clients)} of ${target.url}, ${formatCount(rates.deliveriesPerSecond)} deliveries a second for ${(summary.durationMs / 1000).toFixed(1)} s, ${target.oracle === "regenerated" ? "each held against the regenerated stream" : `held against each other (${target.oracleReason})`}.`,
    "",
    ...table(
      ["", "p50", "p90", "p99", "p99.9", "max", "samples"],
      [
        latencyRow("delivery", summary.latencyMs),
        latencyRow("last subscriber", summary.completionMs),
        latencyRow("REST", summary.httpMs),
      ],
    ),
    "",
    ...table(Object.keys(deliveries), [Object.values(deliveries).map(formatCount)]),
    "",
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
