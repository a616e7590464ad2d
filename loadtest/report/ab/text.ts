/** An A/B test on the screen. */
import type { AbTest } from "../../../schemas/index.js";
import { formatTable } from "../table.js";
import {
  describeDifferences,
  describeRounds,
  describeServers,
  differenceHead,
  differenceRows,
  figureHead,
  figureRows,
  nameVerdict,
  troubleHead,
  troubleRows,
} from "./cells.js";

/** A table and an empty line, where it has rows. */
function indented(head: readonly string[], rows: readonly string[][], align: "left" | "right"): string[] {
  return rows.length === 0 ? [] : [...formatTable([[...head], ...rows], { align }).map((row) => `  ${row}`), ""];
}

export function formatAb(ab: AbTest): string {
  const differences = describeDifferences(ab);
  return [
    ...(differences === "" ? [] : [differences, ...indented(differenceHead, differenceRows(ab), "left")]),
    `${nameVerdict(ab)}  ${ab.conclusion}`,
    "",
    ...indented(figureHead, figureRows(ab), "right"),
    ...indented(troubleHead, troubleRows(ab), "left"),
    ...[...describeServers(ab), describeRounds(ab), ...ab.notes, ab.rule].map((one) => `  ${one}`),
  ].join("\n");
}
