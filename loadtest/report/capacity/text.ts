/** A search for the capacity on the screen. */
import type { Capacity } from "../../../schemas/index.js";
import { formatTable } from "../table.js";
import { curveHead, curveRows, describeSearch, nameVerdict } from "./cells.js";

export function formatCapacity(capacity: Capacity): string {
  const rows = formatTable([[...curveHead], ...curveRows(capacity)], { align: "right" });
  return [
    `${nameVerdict(capacity)}  ${capacity.conclusion}`,
    "",
    ...rows.map((row) => `  ${row}`),
    "",
    `  ${describeSearch(capacity)}`,
  ].join("\n");
}
