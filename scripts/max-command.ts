/**
 * What `max` understands: its subcommands, each one file in commands/, and what all of their flags have in common.
 *
 * Only the subcommand that is named is loaded: a demo does not wait for the load test's libraries, and `max --help`
 * loads none of them.
 */
import yargs, { type Argv } from "yargs";
import { describeValue } from "../schemas/describe-value.js";
import { didYouMean } from "../schemas/suggest.js";
import { version } from "../schemas/package-root.js";
import { CliError, exitCodes } from "./cli-error.js";
import { type Execute, type Subcommand, createModule } from "./flags/command.js";
import { configFile } from "./flags/config-file.js";

export const commands: Readonly<Record<string, Subcommand>> = {
  demo: {
    words: "demo",
    describe: "run the server with a simulated market, on port 8000",
    load: async () => (await import("./commands/demo.js")).demoCommand,
  },
  simulate: {
    words: "simulate",
    describe: "print the simulated event stream as NDJSON, as fast as it goes",
    load: async () => (await import("./commands/simulate.js")).simulateCommand,
  },
  scenarios: {
    words: "scenarios",
    describe: "list the shipped scenarios, with the events a second to expect",
    load: async () => (await import("./commands/scenarios.js")).scenariosCommand,
  },
  plans: {
    words: "plans [name]",
    describe: "list the shipped plans of max loadtest, or print one as JSON",
    load: async () => (await import("./commands/plans.js")).plansCommand,
  },
  loadtest: {
    words: "loadtest",
    describe: "load a server with subscribers and check every delivery",
    load: async () => (await import("./commands/loadtest.js")).loadtestCommand,
  },
  agent: {
    words: "agent",
    describe: "hold subscribers on this host for max loadtest --agents on another one",
    load: async () => (await import("./commands/agent.js")).agentCommand,
  },
  contract: {
    words: "contract",
    describe: "check a running server against the contract",
    load: async () => (await import("./commands/contract.js")).contractCommand,
  },
  config: {
    words: "config",
    describe: "print the settings and where each comes from: flag, variable, file or default",
    load: async () => (await import("./commands/config.js")).createConfigCommand(commands),
  },
  doctor: {
    words: "doctor",
    describe: "check whether this machine is fit for a big load test",
    load: async () => (await import("./commands/doctor.js")).doctorCommand,
  },
  replay: {
    words: "replay <file>",
    describe: "send a recorded event stream (NDJSON) through the broadcast functions",
    load: async () => (await import("./commands/replay.js")).replayCommand,
  },
};

/** `--for -5m` as `--for=-5m`: no flag begins with a digit, and yargs would take it for two that do. */
function joinNegatives(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const flag = joined.at(-1) ?? "";
    if (/^-\d/.test(arg) && /^--[^=]+$/.test(flag)) joined[joined.length - 1] = `${flag}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

/** Flags whose value may be left out, and what it then is: any free port. */
const bareFlags: ReadonlyMap<string, string> = new Map([["--live", "--live=0"]]);

function completeBare(args: readonly string[]): string[] {
  return args.map((arg, at) => {
    const isBare = at === args.length - 1 || args[at + 1]!.startsWith("-");
    return (isBare ? bareFlags.get(arg) : undefined) ?? arg;
  });
}

/** What a shell asks for completions with: this, the name of the program, and the words so far. */
const completionFlag = "--get-yargs-completions";

/** The first word that is neither --config nor its value. */
function commandIn(words: readonly string[]): string {
  const args = words[0] === completionFlag ? words.slice(2) : words;
  const at = args.findIndex((word, index) => !/^--(?:no-)?config\b/.test(word) && args[index - 1] !== "--config");
  return args[at] ?? "";
}

const missing = "Arguments are missing: %s of %s given";
/** The two forms that yargs asks of what may be plural; its types know one. */
const missingArguments = { one: missing, other: missing } as unknown as string;

const runCommand: Execute = (options, command) => command.run(options);

/**
 * `max` as it understands these words. Parsing it runs the subcommand; what is wrong with them is thrown.
 *
 * @param execute gets the options that the flags ask for, and the command. @default runs it
 * @example
 * await (await createMaxCommand(["demo", "--port", "0"])).parseAsync();
 */
export async function createMaxCommand(args: readonly string[], execute: Execute = runCommand): Promise<Argv> {
  const name = commandIn(args);
  const isKnown = Object.hasOwn(commands, name);
  const help = isKnown ? `max ${name} --help` : "max --help";
  const given = completeBare(joinNegatives(args));
  const cli = yargs(given)
    .scriptName("max")
    .usage("max <command>: a simulated market on your laptop, and a load test that checks every byte.")
    .demandCommand(1, "Name a command.")
    .strict()
    .parserConfiguration({
      "parse-numbers": false,
      "parse-positional-numbers": false,
      // A flag that may be repeated must keep all its values: a threshold that got lost would pass unseen.
      "duplicate-arguments-array": true,
      "greedy-arrays": false,
    })
    .check((flags) => requireValues(given, flags))
    .updateStrings({
      "Not enough non-option arguments: got %s, need at least %s": missingArguments,
      "Invalid values:": "Invalid",
      "Argument: %s, Given: %s, Choices: %s": "--%s %s: expected one of %s",
    })
    .version(version)
    .alias("h", "help")
    .option("config", {
      type: "string",
      describe: "file of settings; --no-config: neither a file nor MAX_* variables",
      defaultDescription: `${configFile}, where there is one`,
    })
    .wrap(process.stdout.isTTY ? Math.min(110, process.stdout.columns) : 80)
    .completion("completion", "print a script that completes commands and flags, for bash, zsh or fish")
    .example("max demo", "a market at http://localhost:8000")
    .example("max loadtest", "a short honest run against a server of its own")
    .epilogue(
      "Exit codes: 0 pass, 1 failed, 2 usage, 3 invalid run, 4 target unreachable, 5 could not start, 130 interrupted.",
    )
    .fail((message: string | null, error: Error | undefined, usage: unknown) => {
      const sentence = explainUnknown(message ?? "", given, usage as KnownWords) ?? endSentence(message ?? "");
      throw error ?? new CliError(exitCodes.usage, `${sentence} See ${help}.`);
    });
  // Formatted before a command runs, in case that it fails and the help is shown: here it is named instead, and making
  // it takes as long as loading all of the flags.
  (cli as unknown as WithUsage).getInternalMethods().getUsageInstance().cacheHelpMessage = () => {};
  for (const [known, subcommand] of Object.entries(commands)) {
    if (!isKnown) cli.command(subcommand.words, subcommand.describe);
    else if (known === name) cli.command(await createModule(subcommand, execute));
  }
  return cli;
}

/** The part of yargs that makes the help. */
interface WithUsage {
  getInternalMethods(): { getUsageInstance(): { cacheHelpMessage: () => void } };
}

/** What yargs really hands to `fail`: its help, which knows the flags and commands of the place where parsing stopped. */
interface KnownWords {
  getDescriptions(): Readonly<Record<string, unknown>>;
  getCommands(): readonly (readonly [command: string, ...unknown[]])[];
}

/** yargs names an unknown word, but not the one that was meant. */
function explainUnknown(message: string, words: readonly string[], usage: KnownWords): string | undefined {
  const unknown = /^Unknown (?:argument|command)s?: ([^,]+)/.exec(message)?.[1];
  if (unknown === undefined) return undefined;
  const dashes = ["--", "--no-", "-"].find((prefix) => words.some((word) => word.startsWith(prefix + unknown)));
  if (dashes !== undefined) {
    const flags = Object.keys(usage.getDescriptions()).map((name) => (dashes === "--no-" ? dashes : "--") + name);
    return `Unknown flag ${dashes}${unknown}. ${didYouMean(dashes + unknown, flags, "Flags")}`;
  }
  const names = usage.getCommands().map(([command]) => command.split(" ", 1)[0]!);
  if (names.length === 0) return `Unexpected argument ${describeValue(unknown)}.`;
  return `Unknown command ${describeValue(unknown)}. ${didYouMean(unknown, names, "Commands")}`;
}

/**
 * Only the words themselves tell: of a flag without its value yargs makes the default, "" or an empty array.
 * Also finds what a shell makes of "$(cat FILE)" when there is no such file.
 */
function requireValues(words: readonly string[], flags: Readonly<Record<string, unknown>>): true {
  for (const [at, word] of words.entries()) {
    const [, name, equals] = /^--([\w-]+)(=?)$/.exec(word) ?? [];
    if (name === undefined || flags[name] === undefined || typeof flags[name] === "boolean") continue;
    const next = words[at + 1] ?? "";
    if (equals === "" && next !== "" && !next.startsWith("--")) continue;
    throw new CliError(exitCodes.usage, `--${name} is given without a value.`);
  }
  return true;
}

function endSentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}
