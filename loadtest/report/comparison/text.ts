/** A comparison on the screen: what differs besides the build comes first. */
import type { Comparison } from "../../../schemas/index.js";
import { formatTable } from "../table.js";
import {
  describeBasis,
  describeDifferences,
  describeSide,
  differenceHead,
  differenceRows,
  figureHead,
  figureRows,
  percentileHead,
  percentileRows,
} from "./cells.js";

function indented(rows: readonly (readonly string[])[], align: "left" | "right"): string[] {
  return formatTable(rows, { align }).map((line) => `  ${line}`);
}

export function formatComparison(comparison: Comparison): string {
  const differences = describeDifferences(comparison);
  return [
    ...(differences === ""
      ? []
      : [differences, ...indented([[...differenceHead], ...differenceRows(comparison)], "left"), ""]),
    comparison.conclusion,
    "",
    ...indented([[...percentileHead], ...percentileRows(comparison)], "right"),
    "",
    ...indented([[...figureHead], ...figureRows(comparison)], "right"),
    "",
    `  old: ${describeSide(comparison.old)}`,
    `  new: ${describeSide(comparison.new)}`,
    `  ${describeBasis(comparison)}`,
  ].join("\n");
}
