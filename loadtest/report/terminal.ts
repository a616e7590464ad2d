/** The final screen: the verdict, the three numbers that matter, and where to read on. */
import type { Summary } from "../../schemas/index.js";
import {
  addressCells,
  addressHead,
  describeAbsences,
  describeSending,
  describeTrust,
  formatCount,
  formatMs,
  formatLatencyBasis,
  formatSubscribers,
  formatValue,
  latencyCells,
  latencyHead,
} from "../core/format.js";
import { formatComparison } from "./comparison/text.js";
import { describeCost } from "./describe-cost.js";
import { hostHead, hostRows } from "./hosts.js";
import { restartHead, restartRows } from "./restarts.js";
import { formatTable } from "./table.js";

function ledgerLine({
  expected,
  received,
  lost,
  duplicated,
  reordered,
  corrupted,
  unexpected,
  conflated,
  missed,
}: Summary["deliveries"]): string {
  const faults = `${lost} lost, ${duplicated} duplicated, ${reordered} reordered, ${corrupted} corrupted, ${unexpected} unexpected`;
  return `${formatCount(received)} of ${formatCount(expected)} deliveries: ${faults}${conflated > 0 ? `, ${conflated} conflated` : ""}${missed > 0 ? `, ${formatCount(missed)} missed while away` : ""}`;
}

/** Each member of a cluster; nothing where there is one server. */
function addressLines({ addresses }: Summary): string[] {
  if (addresses.length < 2) return [];
  const rows = [["", ...addressHead], ...addresses.map((address) => [address.url, ...addressCells(address)])];
  return ["", ...formatTable(rows, { align: "right" }).map((row) => `  ${row}`)];
}

/** Each restart of the server; nothing where there was none. */
function restartLines(summary: Summary): string[] {
  if (summary.restarts.length === 0) return [];
  const rows = [["", ...restartHead], ...restartRows(summary)];
  return ["", ...formatTable(rows, { align: "right" }).map((row) => `  ${row}`)];
}

/** Each agent; nothing where there was none. */
function hostLines(summary: Summary): string[] {
  const rows = hostRows(summary);
  if (rows.length === 0) return [];
  return ["", ...formatTable([["agent", ...hostHead], ...rows], { align: "right" }).map((row) => `  ${row}`)];
}

/** Each stage; nothing where there is one. */
function stageRows({ stages }: Summary): string[][] {
  if (stages.length < 2) return [];
  return stages.map(({ stage, latencyMs }) => [`in ${stage}`, ...latencyCells(latencyMs)]);
}

export function formatResult(summary: Summary): string {
  const { clients, rates, conformance, target } = summary;
  const rows = [
    ["", ...latencyHead],
    ["delivery", ...latencyCells(summary.latencyMs)],
    ...stageRows(summary),
    ["last subscriber", ...latencyCells(summary.completionMs)],
    ["spread", ...latencyCells(summary.spreadMs)],
    ...(summary.payloadLatencyMs.count > 0 ? [["from payload", ...latencyCells(summary.payloadLatencyMs)]] : []),
    ["REST", ...latencyCells(summary.httpMs)],
  ];
  const basis = formatLatencyBasis(summary);
  const oracle =
    target.oracle === "regenerated"
      ? "each compared with the regenerated stream"
      : `compared with each other (${target.oracleReason}), so that what all received alike cannot be seen`;
  return [
    "",
    `${summary.verdict}${summary.interrupted ? " (interrupted)" : ""}  ${summary.plan.name}, ${formatSubscribers(clients)}, ${(summary.durationMs / 1000).toFixed(1)} s measured`,
    ...[...summary.reasons, ...describeTrust(summary)].map((sentence) => `  ${sentence}`),
    "",
    `  ${ledgerLine(summary.deliveries)}`,
    ...describeAbsences(summary).map((sentence) => `  ${sentence}`),
    `  ${formatCount(rates.deliveriesPerSecond)} deliveries a second, p99 ${formatMs(summary.latencyMs.p99)}, ${oracle}`,
    `  ${conformance.violations} violations of the contract in ${formatCount(conformance.distinct)} distinct events`,
    "",
    ...formatTable(rows, { align: "right" }).map((row) => `  ${row}`),
    ...(basis === "" ? [] : [`  ${basis}`]),
    ...[...describeSending(summary), ...describeCost(summary)].map((sentence) => `  ${sentence}`),
    ...addressLines(summary),
    ...restartLines(summary),
    ...hostLines(summary),
    "",
    ...(summary.comparison === null
      ? []
      : [
          ...formatComparison(summary.comparison)
            .split("\n")
            .map((line) => `  ${line}`.trimEnd()),
          "",
        ]),
    ...summary.thresholds.map(
      ({ expression, value, passed }) => `  ${passed ? "holds" : "FAILS"}  ${expression}  (${formatValue(value)})`,
    ),
    "",
    `  again: ${summary.command}`,
  ].join("\n");
}
