/** A comparison as a part of a page. */
import type { Comparison } from "../../../schemas/index.js";
import { drawIntervals } from "../charts/intervals.js";
import { chart, paragraph, section, table } from "../markup.js";
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
  ratioRows,
} from "./cells.js";

function titled(head: readonly string[]): string[] {
  return head.map((name) => `${name[0]!.toUpperCase()}${name.slice(1)}`);
}

/** In the report of a run. */
export function describeBaseline(comparison: Comparison): string {
  return `${section("Compared with the baseline", paragraph(describeDifferences(comparison)), paragraph(comparison.conclusion))}\n${describeComparison(comparison)}`;
}

export function describeComparison(comparison: Comparison): string {
  const differences = describeDifferences(comparison);
  const picture = drawIntervals("New by old", ratioRows(comparison));
  const tableOf = (
    caption: string,
    head: readonly string[],
    rows: readonly (readonly string[])[],
    words: readonly number[],
  ) => table({ caption, head: titled(head), rows, words });
  return [
    ...(differences === ""
      ? []
      : [
          section(
            "Not only the build differs",
            tableOf("Differences", differenceHead, differenceRows(comparison), [1, 2]),
          ),
        ]),
    section(
      "Latency, new by old",
      ...(picture === "" ? [] : [chart("New by old", picture)]),
      tableOf("Percentiles", percentileHead, percentileRows(comparison), [5]),
      paragraph(describeBasis(comparison)),
    ),
    section("Other figures", tableOf("Figures", figureHead, figureRows(comparison), [])),
    section(
      "Runs",
      paragraph(`Old: ${describeSide(comparison.old)}`),
      paragraph(`New: ${describeSide(comparison.new)}`),
    ),
  ].join("\n");
}
