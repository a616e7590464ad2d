/** Restarts of the server: who came back, how soon, and what was missed. */
import type { Summary } from "../../../schemas/index.js";
import { paragraph, section, table } from "../markup.js";
import { restartHead, restartRows } from "../restarts.js";

export function describeRestarts(summary: Summary): string {
  if (summary.restarts.length === 0) return "";
  const head = ["Stage", ...restartHead.map((name) => `${name[0]!.toUpperCase()}${name.slice(1)}`)];
  return section(
    "Restarts",
    paragraph("Times count from when the restart began. Subscribers try to come back as a stock client does."),
    table({ caption: "Restarts", head, rows: restartRows(summary) }),
  );
}
