/** A command of `max`: its flags, what they ask of the library, and what then happens, as three separate steps. */
import type { CommandModule } from "yargs";
import { asCliError } from "../cli-error.js";
import { type FlagTable, type FlagValues, addFlags, parseFlags } from "./flag-table.js";

export interface Command<Table extends FlagTable = FlagTable, Options = unknown> {
  readonly flags: Table;
  readonly examples: readonly (readonly [command: string, description: string])[];
  /** Last lines of the help. @default the exit codes of `max` */
  readonly epilogue?: string;
  readonly subcommands?: Readonly<Record<string, Subcommand>>;
  /** The options that the flags ask for; what contradicts another flag is thrown. */
  prepare(values: FlagValues<Table>): Options | Promise<Options>;
  run(options: Options): void | Promise<void>;
}

/** What is known of a command before it is loaded. */
export interface Subcommand {
  /** The name, and its positional arguments as yargs writes them. */
  readonly words: string;
  readonly describe: string;
  load(): Promise<Command>;
}

/** Does with a command's options what the command is for. Tests look at the options instead. */
export type Execute = (options: unknown, command: Command) => void | Promise<void>;

export function defineCommand<Table extends FlagTable, Options>(command: Command<Table, Options>): Command {
  return command;
}

/** The command as yargs takes it. */
export async function createModule({ words, describe, load }: Subcommand, execute: Execute): Promise<CommandModule> {
  const command = await load();
  const { flags, examples, epilogue, subcommands = {} } = command;
  const below = await Promise.all(Object.values(subcommands).map((one) => createModule(one, execute)));
  return {
    command: words,
    describe,
    builder: (yargs) => {
      for (const one of below) yargs.command(one);
      addFlags(yargs, flags);
      for (const [line, description] of examples) yargs.example(line, description);
      return epilogue === undefined ? yargs : yargs.epilogue(epilogue);
    },
    handler: async (given) => {
      try {
        await execute(await command.prepare(parseFlags(flags, given)), command);
      } catch (error) {
        throw asCliError(error, flags);
      }
    },
  };
}
