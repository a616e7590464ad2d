/** `max loadtest compare OLD NEW`: is the new build slower? Results on stdout, reports into a folder if one is named. */
import {
  compareRuns,
  formatComparison,
  formatComparisonMarkdown,
  formatConclusion,
  readRuns,
  writeComparison,
} from "../../loadtest/index.js";
import type { Comparison } from "../../schemas/index.js";
import { CliError, type ExitCode, exitCodes } from "../cli-error.js";
import { defineCommand } from "../flags/command.js";
import { githubFlag, reportToGithub } from "../github-actions.js";
import { asText, positional, requireAlone, switchFlag, textFlag } from "../flags/flag-table.js";

const flags = {
  old: positional("folder with the reports of a run, or a folder of such folders: runs of one build"),
  new: positional("the same of the build that is compared with it"),
  out: textFlag({ parse: asText, description: "folder for comparison.html, .md, .json and junit.xml" }),
  json: switchFlag({ default: false, description: "print the comparison as JSON" }),
  markdown: switchFlag({ default: false, description: "print it as Markdown, for a pull request" }),
  github: githubFlag,
};

const verdictExitCodes: Readonly<Record<Comparison["verdict"], ExitCode>> = {
  same: exitCodes.pass,
  faster: exitCodes.pass,
  slower: exitCodes.failed,
  mixed: exitCodes.failed,
  inconclusive: exitCodes.invalid,
};

export const loadtestCompareCommand = defineCommand({
  flags,
  examples: [
    ["max loadtest compare reports/main reports/branch", "is the branch slower?"],
    ["max loadtest compare reports/main reports/branch --markdown", "a comment for a pull request"],
  ],
  epilogue:
    "A run needs 30 s. Runs on different days or machines differ for reasons of their own: alternate the builds, several runs each.\nExit codes: 0 no difference or faster, 1 slower, 2 usage, 3 inconclusive.",
  prepare(values) {
    requireAlone(values, "json", "markdown");
    return values;
  },
  async run({ old, new: changed, out, json, markdown, github }) {
    const comparison = compareRuns(readRuns(old, "old"), readRuns(changed, "new"));
    const format = markdown ? formatComparisonMarkdown : formatComparison;
    process.stdout.write(`${json ? JSON.stringify(comparison, null, 2) : format(comparison)}\n`);
    const exitCode = verdictExitCodes[comparison.verdict];
    process.exitCode = exitCode;
    if (github)
      reportToGithub(
        formatConclusion("max loadtest compare", comparison.conclusion, exitCode === exitCodes.pass),
        formatComparisonMarkdown(comparison),
      );
    if (out === undefined) return;
    try {
      await writeComparison(out, comparison);
    } catch (cause) {
      throw new CliError(exitCodes.usage, `--out: ${out} cannot be written: ${(cause as Error).message}.`, { cause });
    }
  },
});
