/** `max contract`: does a running server keep the contract? Results on stdout, progress on stderr. */
import {
  type Part,
  formatContractText,
  parts,
  profiles,
  runContract,
  writeContractReport,
} from "../../loadtest/contract/index.js";
import type { ContractOptions } from "../../loadtest/contract/core/options.js";
import { didYouMean } from "../../schemas/suggest.js";
import { describeValue } from "../../schemas/describe-value.js";
import { eventNames } from "../../schemas/index.js";
import { CliError, exitCodeOf, exitCodes } from "../cli-error.js";
import { defineCommand } from "../flags/command.js";
import { asText, choiceFlag, optionsOf, switchFlag, textFlag } from "../flags/flag-table.js";
import { headerFlag, parseRunMs } from "../flags/target-flags.js";
import { interruption } from "../interruption.js";

const judged = { group: "What is judged:" };
const how = { group: "How:" };
const result = { group: "Results:" };

const flags = {
  url: textFlag({ ...judged, parse: asText, option: "url", description: "the server's base address" }),
  for: textFlag({
    ...judged,
    parse: parseRunMs,
    option: "forMs",
    default: "20s",
    description: "how long to listen for events: 250ms 30s 5m",
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
    defaultDescription: "realtime, and core is reported",
  }),
  token: textFlag({
    ...judged,
    parse: asText,
    option: "token",
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
    description: `parts over REST to repeat alone: ${parts.join(", ")}`,
  }),
  header: { ...headerFlag, ...how },
  out: textFlag({ ...result, parse: asText, description: "folder for contract.json, junit.xml and contract.txt" }),
  json: switchFlag({ ...result, default: false, description: "print the result as JSON" }),
};

interface ContractRun {
  readonly options: ContractOptions;
  readonly out: string | undefined;
  readonly json: boolean;
}

export const contractCommand = defineCommand({
  flags,
  subcommands: {
    diff: {
      words: "diff <old> <new>",
      describe: "what two versions of the schemas accept differently, with payloads",
      load: async () => (await import("./contract-diff.js")).contractDiffCommand,
    },
  },
  examples: [
    ["max contract --url http://localhost:8000", "the events, for 20 s"],
    ["max contract --url URL --profile core", "reading over REST, too; management: writing"],
    ["max contract diff ../released schemas", "what a new version would break"],
  ],
  epilogue:
    "Exit codes: 0 the contract is kept, 1 it is broken, 2 usage, 3 inconclusive, because the checker itself was not scheduled or the token is not the server's, 4 target unreachable, 130 interrupted.",
  prepare(values): ContractRun {
    const { url, out, json } = values;
    if (url === undefined)
      throw new CliError(exitCodes.usage, "--url is missing. Name a server, such as --url http://localhost:8000.");
    return { options: { ...optionsOf(flags, values), url }, out, json };
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

async function contract({ options, out, json }: ContractRun): Promise<void> {
  using interrupt = interruption();
  const result = await runContract({
    ...options,
    signal: interrupt.signal,
    progress: (line) => void process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${json ? JSON.stringify(result, null, 2) : formatContractText(result)}\n`);
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
