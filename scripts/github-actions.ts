/** What a command tells GitHub Actions, beside its own output. Elsewhere nothing: only its runner sets these variables. */
import { appendFileSync } from "node:fs";
import { switchFlag } from "./flags/flag-table.js";

export const githubFlag = switchFlag({
  default: process.env["GITHUB_ACTIONS"] === "true",
  description: "annotations of GitHub Actions, on stderr, and a summary of the step",
  defaultDescription: "in GitHub Actions",
});

/** Text as Markdown shows it unchanged. */
export function asCodeBlock(text: string): string {
  const fences = text.match(/`{3,}/g) ?? [];
  const fence = "`".repeat(1 + Math.max(2, ...fences.map(({ length }) => length)));
  return `${fence}text\n${text.slice(0, summaryCharactersMax - 20)}\n${fence}\n`;
}

/** GitHub refuses a step's summary of 1 MiB as a whole. */
const summaryCharactersMax = 500_000;

/**
 * @param annotations workflow commands, a line each. On stderr: stdout may be read by a program, and the runner takes
 * commands from both
 * @param summary Markdown, for the page of the run
 */
export function reportToGithub(annotations: string, summary: string): void {
  process.stderr.write(annotations);
  const file = process.env["GITHUB_STEP_SUMMARY"];
  if (file === undefined || file === "") return;
  try {
    appendFileSync(file, `${summary.slice(0, summaryCharactersMax).trimEnd()}\n`);
  } catch (error) {
    process.stderr.write(`Warning: the summary of the step could not be written: ${(error as Error).message}.\n`);
  }
}
