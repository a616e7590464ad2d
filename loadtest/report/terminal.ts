/** The final screen: the verdict, the three numbers that matter, and where to read on. */
import type { Summary } from "../../schemas/index.js";
import {
  addressCells,
  addressHead,
  formatCount,
  formatMs,
  formatLatencyBasis,
  formatSubscribers,
  formatValue,
  latencyCells,
  latencyHead,
} from "../core/format.js";
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
}: Summary["deliveries"]): string {
  const faults = `${lost} lost, ${duplicated} duplicated, ${reordered} reordered, ${corrupted} corrupted, ${unexpected} unexpected`;
  return `${formatCount(received)} of ${formatCount(expected)} deliveries: ${faults}${conflated > 0 ? `, ${conflated} conflated` : ""}`;
}

/** Each member of a cluster; nothing where there is one server. */
function addressLines({ addresses }: Summary): string[] {
  if (addresses.length < 2) return [];
  const rows = [["", ...addressHead], ...addresses.map((address) => [address.url, ...addressCells(address)])];
  return ["", ...formatTable(rows, { align: "right" }).map((row) => `  ${row}`)];
}

export function formatResult(summary: Summary): string {
  const { clients, rates, conformance, target } = summary;
  const rows = [
    ["", ...latencyHead],
    ["delivery", ...latencyCells(summary.latencyMs)],
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
    ...summary.reasons.map((reason) => `  ${reason}`),
    "",
    `  ${ledgerLine(summary.deliveries)}`,
    `  ${formatCount(rates.deliveriesPerSecond)} deliveries a second, p99 ${formatMs(summary.latencyMs.p99)}, ${oracle}`,
    `  ${conformance.violations} violations of the contract in ${formatCount(conformance.distinct)} distinct events`,
    "",
    ...formatTable(rows, { align: "right" }).map((row) => `  ${row}`),
    ...(basis === "" ? [] : [`  ${basis}`]),
    ...addressLines(summary),
    "",
    ...summary.thresholds.map(
      ({ expression, value, passed }) => `  ${passed ? "holds" : "FAILS"}  ${expression}  (${formatValue(value)})`,
    ),
    "",
    `  again: ${summary.command}`,
  ].join("\n");
}
