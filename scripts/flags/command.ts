/** A command of `max`: its flags, what they ask of the library, and what then happens, as three separate steps. */
import type { CommandModule } from "yargs";
import { asCliError } from "../cli-error.js";
import { type FlagTable, type FlagValues, addFlags, parseFlags } from "./flag-table.js";
import { Settings, type Sourced, nameSources, resolveFlags, valuesOf } from "./settings.js";

/** What a command's values were taken from. */
export interface Surroundings {
  readonly settings: Settings;
  /** Each flag before it is parsed, and what set it. */
  readonly sources: ReadonlyMap<string, Sourced>;
}

export interface Command<Table extends FlagTable = FlagTable, Options = unknown> {
  readonly flags: Table;
  readonly examples: readonly (readonly [command: string, description: string])[];
  /** Last lines of the help. @default the exit codes of `max` */
  readonly epilogue?: string;
  readonly subcommands?: Readonly<Record<string, Subcommand>>;
  /** The options that the flags ask for; what contradicts another flag is thrown. */
  prepare(values: FlagValues<Table>, from: Surroundings): Options | Promise<Options>;
  run(options: Options): void | Promise<void>;
}

/** What is known of a command before it is loaded. */
export interface Subcommand {
  /** The name, and its positional arguments as yargs writes them. */
  readonly words: string;
  readonly describe: string;
  /** Whose settings it has. @default its own words, with those of the commands above it */
  readonly path?: readonly string[];
  load(): Promise<Command>;
}

/** Does with a command's options what the command is for. Tests look at the options instead. */
export type Execute = (options: unknown, command: Command) => void | Promise<void>;

export function defineCommand<Table extends FlagTable, Options>(command: Command<Table, Options>): Command {
  return command;
}

/** What yargs gives a command: the words typed for it, and those for every command. */
type Typed = Readonly<Record<string, unknown>> & { readonly config?: string | false };

/** The command as yargs takes it. `above` are the words of the commands that it is below. */
export async function createModule(
  subcommand: Subcommand,
  execute: Execute,
  above: readonly string[] = [],
): Promise<CommandModule<object, Typed>> {
  const { words, describe, load, path = [...above, words.split(" ", 1)[0]!] } = subcommand;
  const command = await load();
  const { flags, examples, epilogue, subcommands = {} } = command;
  const below = await Promise.all(Object.values(subcommands).map((one) => createModule(one, execute, path)));
  return {
    command: words,
    describe,
    builder: (yargs) => {
      for (const one of below) yargs.command(one);
      addFlags(yargs, flags);
      for (const [line, description] of examples) yargs.example(line, description);
      if (epilogue !== undefined) yargs.epilogue(epilogue);
      return yargs;
    },
    handler: async (typed) => {
      const settings = readSettings(typed);
      for (const warning of settings.misspelt()) process.stderr.write(`max: ${warning}\n`);
      const sources = resolveFlags(flags, typed, path, settings);
      try {
        const values = parseFlags(flags, valuesOf(sources));
        await execute(await command.prepare(values, { settings, sources }), command);
      } catch (error) {
        throw nameSources(asCliError(error, flags), sources);
      }
    },
  };
}

/** Variables and file, unless --no-config leaves them out. @throws {CliError} */
function readSettings({ config }: Typed): Settings {
  try {
    return new Settings({ env: process.env, ...(config !== undefined && { config }) });
  } catch (error) {
    throw asCliError(error, {});
  }
}
