/** Why a run ended as it did, as annotations of GitHub Actions. */
import type { Summary } from "../../schemas/index.js";
import { formatWorkflowCommands } from "./workflow-commands.js";

/** What a search or a comparison came to, in one sentence. */
export function formatConclusion(title: string, message: string, isGood: boolean): string {
  const annotation = { kind: isGood ? "notice" : "error", title, message } as const;
  return formatWorkflowCommands([annotation], annotation);
}

/** A line for each reason: errors, or warnings where the run passed. */
export function formatAnnotations({ verdict, reasons, plan }: Summary): string {
  const title = `max loadtest ${plan.name}: ${verdict}`;
  const kind = verdict === "PASS" ? "warning" : "error";
  const annotations = reasons.map((message) => ({ kind, title, message }) as const);
  return formatWorkflowCommands(annotations, { title, message: "more reasons are in the report" });
}
