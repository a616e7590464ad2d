/** `max contract`: does a running server keep the contract? Results on stdout, progress on stderr. */
import type { CommandModule } from "yargs";
import {
  ContractOptionsError,
  type ContractResult,
  type Part,
  type Profile,
  formatContractText,
  parts,
  profiles,
  runContract,
  writeContractReport,
} from "../../loadtest/contract/index.js";
import { type EventName, eventNames, isEventName } from "../../schemas/index.js";
import { CliError, exitCodeOf, exitCodes } from "../cli-error.js";
import { interruption } from "../interruption.js";
import { parseHeaders, parseRunMs } from "../target-flags.js";
import { contractDiffCommand } from "./contract-diff.js";

interface ContractFlags {
  readonly url: string | undefined;
  readonly for: string;
  readonly profile: Profile | undefined;
  readonly expect: string | undefined;
  readonly "read-only": boolean;
  readonly strict: boolean;
  readonly seed: string;
  readonly only: string | undefined;
  readonly token: string | undefined;
  readonly header: readonly string[];
  readonly out: string | undefined;
  readonly json: boolean;
}

export const contractCommand: CommandModule<object, ContractFlags> = {
  command: "contract",
  builder: (yargs) =>
    yargs
      .command(contractDiffCommand)
      // Not global: the command below it has two of these names with another meaning, and none of the rest.
      .option("url", { global: false, type: "string", describe: "the server's base address" })
      .option("for", {
        global: false,
        type: "string",
        default: "20s",
        describe: "how long to listen for events: 250ms 30s 5m",
      })
      .option("profile", {
        global: false,
        type: "string",
        choices: profiles,
        describe: "what the server claims to be",
        defaultDescription: "realtime, and core is reported",
      })
      .option("expect", {
        global: false,
        type: "string",
        describe: "events that must be seen, with commas between",
        defaultDescription: "all four",
      })
      .option("read-only", {
        global: false,
        type: "boolean",
        default: false,
        describe: "send nothing that could change the server",
      })
      .option("strict", { global: false, type: "boolean", default: false, describe: "warnings fail too" })
      .option("seed", {
        global: false,
        type: "string",
        default: "42",
        describe: "the same seed generates the same requests",
      })
      .option("only", {
        global: false,
        type: "string",
        describe: `parts over REST to repeat alone: ${parts.join(", ")}`,
      })
      .option("header", {
        global: false,
        type: "string",
        array: true,
        default: [] as readonly string[],
        defaultDescription: "none",
        describe: 'sent with everything, as "Name: value"',
      })
      .option("token", {
        global: false,
        type: "string",
        describe: "the control token: the simulation is moved about, too, and in the end reset",
        defaultDescription: "left alone",
      })
      .option("out", {
        global: false,
        type: "string",
        describe: "folder for contract.json, junit.xml and contract.txt",
      })
      .option("json", { global: false, type: "boolean", default: false, describe: "print the result as JSON" })
      .group(["url", "for", "expect", "profile", "token", "strict"], "What is judged:")
      .group(["read-only", "seed", "only", "header"], "How:")
      .group(["out", "json"], "What comes of it:")
      .example("max contract --url http://localhost:8000", "the events, for 20 s")
      .example("max contract --url URL --profile core", "reading over REST, too; management: writing")
      .example("max contract diff ../released schemas", "what a new version would break")
      .epilogue(
        "Exit codes: 0 the contract is kept, 1 it is broken, 2 usage, 3 nothing can be said, because the checker itself stood still or the token is not the server's, 4 target unreachable, 130 interrupted.",
      ),
  handler: contract,
};

function requireUrl(text: string | undefined): string {
  if (text === undefined)
    throw new CliError(exitCodes.usage, "--url is missing: say which server, such as --url http://localhost:8000.");
  return text;
}

function parseExpect(text: string | undefined): { readonly expect?: readonly EventName[] } {
  if (text === undefined) return {};
  const expect = text.split(",").map((name) => {
    if (isEventName(name.trim())) return name.trim() as EventName;
    throw new CliError(exitCodes.usage, `--expect: "${name}" is not one of ${eventNames.join(", ")}.`);
  });
  return { expect };
}

function parseOnly(text: string | undefined): { readonly only?: readonly Part[] } {
  if (text === undefined) return {};
  const only = text.split(",").map((name) => {
    const part = parts.find((known) => known === name.trim());
    if (part === undefined) throw new CliError(exitCodes.usage, `--only: "${name}" is not one of ${parts.join(", ")}.`);
    return part;
  });
  return { only };
}

async function run(flags: ContractFlags, signal: AbortSignal): Promise<ContractResult> {
  try {
    return await runContract({
      url: requireUrl(flags.url),
      forMs: parseRunMs("for", flags.for),
      ...(flags.profile === undefined ? {} : { profile: flags.profile }),
      ...parseExpect(flags.expect),
      ...parseOnly(flags.only),
      readOnly: flags["read-only"],
      strict: flags.strict,
      seed: flags.seed,
      ...(flags.token === undefined ? {} : { token: flags.token }),
      headers: parseHeaders(flags.header),
      signal,
      progress: (line) => void process.stderr.write(`${line}\n`),
    });
  } catch (error) {
    if (error instanceof ContractOptionsError) throw new CliError(exitCodes.usage, error.message, { cause: error });
    throw error;
  }
}

async function contract(flags: ContractFlags): Promise<void> {
  using interrupt = interruption();
  const result = await run(flags, interrupt.signal);
  process.stdout.write(`${flags.json ? JSON.stringify(result, null, 2) : formatContractText(result)}\n`);
  process.exitCode = exitCodeOf(result.verdict);
  if (flags.out === undefined) return;
  try {
    await writeContractReport(result, flags.out);
  } catch (cause) {
    throw new CliError(exitCodes.usage, `--out: ${flags.out} cannot be written: ${(cause as Error).message}.`, {
      cause,
    });
  }
}
