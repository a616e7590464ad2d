/** The table of the realism report: a line for each gate, for people. */
import type { Outcome } from "./gates.js";

const columns = ["", "fact", "statistic", "gate", "median", "range over the seeds"] as const;

export function formatOutcomes(outcomes: readonly Outcome[]): string {
  const rows = [columns, ...outcomes.map(toRow)];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function toRow({ gate, median, lowest, highest, passed }: Outcome): readonly string[] {
  const limits = gate.max === Infinity ? `above ${gate.min}` : `${gate.min} to ${gate.max}`;
  return [
    passed ? "ok" : "MISS",
    gate.name,
    gate.statistic,
    limits,
    format(median),
    `${format(lowest)} to ${format(highest)}`,
  ];
}

function format(value: number): string {
  return Number.isFinite(value) ? value.toFixed(Math.abs(value) < 10 ? 3 : 1) : "none";
}
