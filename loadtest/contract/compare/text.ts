/** A comparison as lines for people. */
import { eventNames } from "../../../schemas/index.js";
import { formatTable } from "../../report/table.js";
import type { CompareResult, Difference } from "./compare.js";

function formatRows(title: string, differences: readonly Difference[]): string[] {
  if (differences.length === 0) return [];
  const cut = (text: string | null): string =>
    text === null ? "-" : text.length > 40 ? `${text.slice(0, 40)}...` : text;
  const rows = differences.map(({ subject, kind, place, a, b }) => [
    subject,
    `${kind} ${place}`.trim(),
    cut(a),
    cut(b),
  ]);
  const table = formatTable([["request or event", "what", "A", "B"], ...rows], { align: "left", isRuled: true });
  return ["", title, ...table.map((line) => `  ${line}`)];
}

/** Ends without a line break. */
export function formatCompareText({ verdict, reasons, a, b, requests, events, differences }: CompareResult): string {
  const head = `${verdict}  A ${a}, B ${b}`;
  if (verdict === "UNREACHABLE") return `${head}\n\n${reasons[0] ?? ""}`;
  const counts = eventNames.map((name) => `${name} ${events[name].a}/${events[name].b}`).join(", ");
  return [
    head,
    ...reasons,
    `${requests} requests, sent twice to each; events of A/B: ${counts}`,
    ...formatRows(
      "Differences",
      differences.filter(({ kind }) => kind !== "value"),
    ),
    ...formatRows(
      "Other values, which make no difference",
      differences.filter(({ kind }) => kind === "value"),
    ),
  ].join("\n");
}
