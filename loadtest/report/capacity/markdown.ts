/** capacity.md. */
import type { Capacity } from "../../../schemas/index.js";
import { table } from "../markdown-table.js";
import { curveHead, curveRows, describeSearch } from "./cells.js";

export function formatCapacityMarkdown(capacity: Capacity): string {
  return [
    "## Capacity",
    "",
    `**${capacity.conclusion}**`,
    "",
    ...table(curveHead, curveRows(capacity)),
    "",
    describeSearch(capacity),
    "",
  ].join("\n");
}
