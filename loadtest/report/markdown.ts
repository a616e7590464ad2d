/** summary.md: what a pull request or a chat wants to see. */
import type { Summary } from "../../schemas/index.js";
import {
  addressCells,
  addressHead,
  describeAbsences,
  describeSending,
  describeTrust,
  formatAddresses,
  formatCount,
  formatLatencyBasis,
  formatSeconds,
  formatSubscribers,
  formatValue,
  latencyCells,
  latencyHead,
} from "../core/format.js";
import { formatComparisonMarkdown } from "./comparison/markdown.js";
import { describeCost } from "./describe-cost.js";
import { hostHead, hostRows } from "./hosts.js";
import { restartHead, restartRows } from "./restarts.js";
import { table } from "./markdown-table.js";

function latencyTable(summary: Summary): string[] {
  const { stages, payloadLatencyMs } = summary;
  return table(
    ["", ...latencyHead],
    [
      ["delivery", ...latencyCells(summary.latencyMs)],
      ...(stages.length > 1
        ? stages.map(({ stage, latencyMs }) => [`in ${stage}`].concat(latencyCells(latencyMs)))
        : []),
      ["last subscriber", ...latencyCells(summary.completionMs)],
      ...(payloadLatencyMs.count > 0 ? [["from payload", ...latencyCells(payloadLatencyMs)]] : []),
      ["REST", ...latencyCells(summary.httpMs)],
    ],
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
    ...latencyTable(summary),
    "",
    ...(basis === "" ? [] : [basis, ""]),
    ...table(Object.keys(deliveries), [Object.values(deliveries).map(formatCount)]),
    "",
    ...[...describeTrust(summary), ...describeAbsences(summary)].flatMap((sentence) => [sentence, ""]),
    ...(summary.restarts.length > 0 ? [...table(["restart", ...restartHead], restartRows(summary)), ""] : []),
    ...(summary.generator.hosts.length > 0 ? [...table(["agent", ...hostHead], hostRows(summary)), ""] : []),
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
    ...[...describeSending(summary), ...describeCost(summary)].flatMap((sentence) => [`${sentence}.`, ""]),
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
    ...(summary.comparison === null ? [] : [formatComparisonMarkdown(summary.comparison)]),
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
