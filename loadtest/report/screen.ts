/** The final screen: the verdict, the three numbers that matter, and where to read on. */
import type { Percentiles, Summary } from "../../schemas/index.js";
import { formatCount, formatMs, formatSubscribers, formatValue } from "./figures.js";

function latencyRow(name: string, { p50, p90, p99, p999, max, count: samples }: Percentiles): string[] {
  return [name, ...[p50, p90, p99, p999, max].map(formatMs), formatCount(samples)];
}

/** Columns as wide as their widest cell; the first to the left, the rest to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join("  ")
      .trimEnd(),
  );
}

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

export function formatFinalScreen(summary: Summary): string {
  const { clients, rates, conformance, target } = summary;
  const rows = [
    ["", "p50", "p90", "p99", "p99.9", "max", "samples"],
    latencyRow("delivery", summary.latencyMs),
    latencyRow("last subscriber", summary.completionMs),
    latencyRow("spread", summary.spreadMs),
    latencyRow("REST", summary.httpMs),
  ];
  const oracle =
    target.oracle === "regenerated"
      ? "each held against the regenerated stream"
      : `compared with each other: ${target.oracleReason}`;
  return [
    "",
    `${summary.verdict}${summary.interrupted ? " (interrupted)" : ""}  ${summary.plan.name}, ${formatSubscribers(clients)}, ${(summary.durationMs / 1000).toFixed(1)} s measured`,
    ...summary.reasons.map((reason) => `  ${reason}`),
    "",
    `  ${ledgerLine(summary.deliveries)}`,
    `  ${formatCount(rates.deliveriesPerSecond)} deliveries a second, p99 ${formatMs(summary.latencyMs.p99)}, ${oracle}`,
    `  ${conformance.violations} violations of the contract in ${formatCount(conformance.distinct)} distinct events`,
    "",
    ...formatTable(rows).map((row) => `  ${row}`),
    "",
    ...summary.thresholds.map(
      ({ expression, value, passed }) => `  ${passed ? "holds" : "FAILS"}  ${expression}  (${formatValue(value)})`,
    ),
    "",
    `  again: ${summary.command}`,
  ].join("\n");
}
