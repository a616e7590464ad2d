/** Findings as annotations of GitHub Actions. */
import { type Annotation, formatWorkflowCommands } from "../../report/workflow-commands.js";
import type { Finding } from "../core/findings.js";
import type { ContractResult } from "../core/result.js";
import { includesLevel } from "../core/rules.js";
import { caseCommand } from "./repeat.js";

const kinds = { error: "error", warning: "warning", inconclusive: "notice" } as const;

function annotate(result: ContractResult, finding: Finding): Annotation {
  const { rule, subject, detail, count, severity } = finding;
  const times = count > 1 ? ` (${count} times)` : "";
  const message = `${detail}${times}\n${caseCommand(result, finding)}`;
  return { kind: kinds[severity], title: `${rule}: ${subject}`, message };
}

/** A line for each finding of the level that was judged and is not accepted; the last of many says how many more there are. */
export function formatAnnotations(result: ContractResult): string {
  const { profile, verdict, reasons } = result;
  const open = result.findings.filter(({ level, accepted }) => accepted === undefined && includesLevel(profile, level));
  const sorted = Object.keys(kinds).flatMap((severity) => open.filter((finding) => finding.severity === severity));
  const found = sorted.map((finding) => annotate(result, finding));
  const whole: readonly Annotation[] =
    verdict === "PASS" || verdict === "FAIL"
      ? []
      : [{ kind: "error", title: `max contract: ${verdict}`, message: reasons[0] ?? "" }];
  const more = { title: "max contract", message: "more findings are in the report" };
  return formatWorkflowCommands([...whole, ...found], more);
}
