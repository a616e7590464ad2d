/** comparison.md: what a pull request wants to see. */
import type { Comparison } from "../../../schemas/index.js";
import { table } from "../markdown-table.js";
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

export function formatComparisonMarkdown(comparison: Comparison): string {
  const differences = describeDifferences(comparison);
  return [
    "## Load test, compared",
    "",
    ...(differences === "" ? [] : [`**${differences}**`, "", ...table(differenceHead, differenceRows(comparison)), ""]),
    `**${comparison.conclusion}**`,
    "",
    ...table(percentileHead, percentileRows(comparison)),
    "",
    "<details><summary>Other figures</summary>",
    "",
    ...table(figureHead, figureRows(comparison)),
    "",
    "</details>",
    "",
    `- old: ${describeSide(comparison.old)}`,
    `- new: ${describeSide(comparison.new)}`,
    "",
    describeBasis(comparison),
    "",
  ].join("\n");
}
