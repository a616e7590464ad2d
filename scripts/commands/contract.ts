/** `max contract`: does a running server keep the contract? Results on stdout, progress on stderr. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type Part,
  formatAnnotations,
  formatContractText,
  parts,
  profiles,
  runContract,
  writeContractReport,
} from "../../loadtest/contract/index.js";
import { acceptAnyCertificate } from "../../loadtest/core/certificates.js";
import type { ContractOptions } from "../../loadtest/contract/core/options.js";
import { didYouMean } from "../../schemas/suggest.js";
import { describeValue } from "../../schemas/describe-value.js";
import { eventNames } from "../../schemas/index.js";
import { CliError, exitCodeOf, exitCodes } from "../cli-error.js";
import { defineCommand } from "../flags/command.js";
import { asText, choiceFlag, optionsOf, switchFlag, textFlag } from "../flags/flag-table.js";
import { headerFlag, insecureFlag, parseRunMs, waitFlag } from "../flags/target-flags.js";
import { asCodeBlock, githubFlag, reportToGithub } from "../github-actions.js";
import { interruption } from "../interruption.js";

const judged = { group: "What is judged:" };
const how = { group: "How:" };
const loop = { group: "Fixing what was found:" };
const result = { group: "Results:" };

const acceptedFile = "max-contract.json";

const flags = {
  url: textFlag({ ...judged, parse: asText, option: "url", description: "the server's base address" }),
  for: textFlag({
    ...judged,
    parse: parseRunMs,
    option: "forMs",
    description: "how long to listen for events: 250ms 30s 5m",
    defaultDescription: "20s, for a case 5s",
  }),
  expect: textFlag({
    ...judged,
    parse: listOf(eventNames),
    option: "expect",
    description: "events that must be seen, separated by commas",
    defaultDescription: "all four",
  }),
  profile: choiceFlag({
    ...judged,
    choices: profiles,
    option: "profile",
    description: "what the server claims to be",
    defaultDescription: "realtime; up to core is reported",
  }),
  token: textFlag({
    ...judged,
    parse: asText,
    option: "token",
    isSecret: true,
    // Whoever has MAX_TOKEN set for a demo does not want that to be reset.
    isOwn: true,
    description: "the control token: the simulation is controlled, too, and reset in the end",
    defaultDescription: "not controlled",
  }),
  strict: switchFlag({ ...judged, option: "strict", default: false, description: "warnings fail too" }),
  "read-only": switchFlag({
    ...how,
    option: "readOnly",
    default: false,
    description: "send nothing that could change the server",
  }),
  seed: textFlag({
    ...how,
    parse: asText,
    option: "seed",
    default: "42",
    description: "the same seed generates the same requests",
  }),
  only: textFlag({
    ...how,
    parse: listOf<Part>(parts),
    option: "only",
    description: `parts to repeat alone: ${parts.join(", ")}`,
  }),
  wait: { ...waitFlag, ...how },
  insecure: { ...insecureFlag, ...how },
  header: { ...headerFlag, ...how },
  case: textFlag({
    ...loop,
    parse: asText,
    option: "case",
    description: "the id of a finding, to repeat it alone, in seconds",
  }),
  cases: textFlag({
    ...loop,
    parse: asText,
    option: "cases",
    default: join(".max", "contract"),
    description: "folder that keeps failing cases; they are repeated first next time",
  }),
  accept: textFlag({
    ...loop,
    parse: asText,
    option: "accept",
    description: "file of accepted findings, which do not fail",
    defaultDescription: `${acceptedFile}, where it is there`,
  }),
  "update-accepted": switchFlag({
    ...loop,
    option: "updateAccepted",
    default: false,
    description: "write that file: add what fails, remove what is gone",
  }),
  out: textFlag({
    ...result,
    parse: asText,
    description: "folder for contract.html, .json, .sarif and .txt, and junit.xml",
  }),
  github: { ...githubFlag, ...result },
  json: switchFlag({ ...result, default: false, description: "print the result as JSON" }),
};

interface ContractRun {
  readonly options: ContractOptions;
  readonly out: string | undefined;
  readonly json: boolean;
  readonly github: boolean;
  readonly insecure: boolean;
}

export const contractCommand = defineCommand({
  flags,
  subcommands: {
    compare: {
      words: "compare",
      describe: "what two running servers answer and broadcast differently",
      load: async () => (await import("./contract-compare.js")).contractCompareCommand,
    },
    diff: {
      words: "diff <old> <new>",
      describe: "what two versions of the schemas accept differently, with payloads",
      load: async () => (await import("./contract-diff.js")).contractDiffCommand,
    },
  },
  examples: [
    ["max contract --url http://localhost:8000", "the events, for 20 s"],
    ["max contract --url URL --profile documented", "the whole documented API"],
    ["max contract --url URL --profile core", "reading this project's REST, too; management: writing"],
    ["max contract --url URL --wait 30s --update-accepted", "accept what fails today; what is new fails"],
    ["max contract --url URL --case agents.unknown-id.1a2b3c4d5e", "one finding of a report again"],
    ["max contract diff ../released schemas", "what a new version would break"],
  ],
  epilogue:
    "Exit codes: 0 the contract is kept, 1 it is broken, 2 usage, 3 inconclusive, because the checker itself was not scheduled or the token is not the server's, 4 target unreachable, 130 interrupted.",
  prepare(values): ContractRun {
    const { url, out, json, github, accept, insecure } = values;
    if (url === undefined)
      throw new CliError(exitCodes.usage, "--url is missing. Name a server, such as --url http://localhost:8000.");
    const isThere = accept === undefined && (values["update-accepted"] || existsSync(acceptedFile));
    return {
      options: { ...optionsOf(flags, values), ...(isThere ? { accept: acceptedFile } : {}), url },
      out,
      json,
      github,
      insecure,
    };
  },
  run: contract,
});

/** Words with commas between them, each one of those that are known. */
function listOf<Word extends string>(known: readonly Word[]) {
  return (text: string, flag: string): readonly Word[] =>
    text.split(",").map((part) => {
      const word = known.find((one) => one === part.trim());
      if (word !== undefined) return word;
      throw new CliError(
        exitCodes.usage,
        `Invalid ${flag} ${describeValue(part.trim())}. ${didYouMean(part.trim(), known, "Accepted")}`,
      );
    });
}

async function contract({ options, out, json, github, insecure }: ContractRun): Promise<void> {
  using interrupt = interruption();
  if (insecure) acceptAnyCertificate();
  const result = await runContract({
    ...options,
    signal: interrupt.signal,
    progress: (line) => void process.stderr.write(`${line}\n`),
  });
  const text = formatContractText(result);
  process.stdout.write(`${json ? JSON.stringify(result, null, 2) : text}\n`);
  if (github) reportToGithub(formatAnnotations(result), asCodeBlock(text));
  process.exitCode = exitCodeOf(result.verdict);
  if (out === undefined) return;
  try {
    await writeContractReport(result, out);
  } catch (cause) {
    throw new CliError(exitCodes.usage, `--out: ${out} cannot be written: ${(cause as Error).message}.`, {
      cause,
    });
  }
}
