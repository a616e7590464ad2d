/** ab.md. */
import type { AbTest } from "../../../schemas/index.js";
import { table } from "../markdown-table.js";
import {
  describeDifferences,
  describeRounds,
  describeServers,
  differenceHead,
  differenceRows,
  figureHead,
  figureRows,
  troubleHead,
  troubleRows,
} from "./cells.js";

function tableOf(head: readonly string[], rows: readonly string[][]): string[] {
  return rows.length === 0 ? [] : [...table(head, rows), ""];
}

export function formatAbMarkdown(ab: AbTest): string {
  const differences = describeDifferences(ab);
  return [
    "## A/B test",
    "",
    ...(differences === "" ? [] : [`**${differences}**`, "", ...tableOf(differenceHead, differenceRows(ab))]),
    `**${ab.conclusion}**`,
    "",
    ...tableOf(figureHead, figureRows(ab)),
    ...tableOf(troubleHead, troubleRows(ab)),
    ...describeServers(ab).map((one) => `- ${one}`),
    "",
    [describeRounds(ab), ...ab.notes, ab.rule].join(" "),
    "",
  ].join("\n");
}
