/**
 * The flags of a command, one row each. Help, parsing, the type of the parsed values, the library's options and the
 * names in its errors all come from the row.
 */
import type { Argv } from "yargs";
import { CliError, exitCodes } from "../cli-error.js";

/** What yargs gives for a flag: of a flag that is repeated an array. */
type Given = string | boolean | readonly string[] | undefined;

interface Row {
  readonly description: string;
  /** Heading in the help. @default "Options:" */
  readonly group?: string;
  /** For the help, where the default is no fixed value of the flag. */
  readonly defaultDescription?: string;
  /** The library's option that the flag sets, such as `limits.connectionsMax`. @default none */
  readonly option?: string | undefined;
}

/** One flag, or one positional argument. `Value` is what it is parsed to. */
export interface Flag<Value = unknown> extends Row {
  readonly kind: "text" | "list" | "switch" | "positional";
  readonly choices?: readonly string[];
  readonly default?: string | boolean | readonly string[];
  /** @throws {CliError} that names the flag and what it accepts */
  readonly parse: (given: Given, flag: string) => Value;
}

/** By name, without dashes. */
export type FlagTable = Readonly<Record<string, Flag>>;

export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Flag<infer Value> ? Value : never;
};

type TextParser<Value> = (text: string, flag: string) => Value;

/** A flag that takes one value; without a default it may be left out. */
export function textFlag<Value>(row: Row & { parse: TextParser<Value>; default: string }): Flag<Value>;
export function textFlag<Value>(row: Row & { parse: TextParser<Value> }): Flag<Value | undefined>;
export function textFlag<Value>({ parse, ...row }: Row & { parse: TextParser<Value> }): Flag<Value | undefined> {
  const parseOne = (given: Given, flag: string) => {
    if (given === undefined) return undefined;
    const text = String(requireOne(given, flag));
    return parse(text, flag);
  };
  return { ...row, kind: "text", parse: parseOne };
}

/** A flag that takes one of a few words. */
export function choiceFlag<Word extends string>(row: Row & { choices: readonly Word[]; default: Word }): Flag<Word>;
export function choiceFlag<Word extends string>(row: Row & { choices: readonly Word[] }): Flag<Word | undefined>;
export function choiceFlag<Word extends string>(row: Row & { choices: readonly Word[] }): Flag<Word | undefined> {
  return { ...row, ...textFlag({ ...row, parse: (text) => text as Word }) };
}

/** A flag that may be repeated. */
export function listFlag<Value>({
  parse,
  ...row
}: Row & { parse: (texts: readonly string[]) => Value; default: readonly string[] }): Flag<Value> {
  return { ...row, kind: "list", parse: (given) => parse(given as readonly string[]) };
}

/** A flag that takes no value; one that is on by default is switched off with `--no-`. */
export function switchFlag(row: Row & { default: boolean }): Flag<boolean> {
  return { ...row, kind: "switch", parse: (given, flag) => requireOne(given, flag) === true };
}

/** A word that follows the command's name. */
export function positional(description: string): Flag<string>;
export function positional(description: string, isOptional: true): Flag<string | undefined>;
export function positional(description: string): Flag<string | undefined> {
  // It may be given as a flag, too, and then several times.
  return { description, kind: "positional", parse: (given, flag) => requireOne(given, flag) as string | undefined };
}

/** A parser that takes any text. */
export function asText(text: string): string {
  return text;
}

function requireOne(given: Given, flag: string): Given {
  if (!Array.isArray(given)) return given;
  throw new CliError(exitCodes.usage, `${flag} is given ${given.length} times; it takes one value.`);
}

/** Declares the flags to yargs, for its help and its first look at the words. */
export function addFlags(yargs: Argv<object>, table: FlagTable): Argv<object> {
  for (const [name, row] of Object.entries(table)) {
    const { kind, description, group, choices, defaultDescription } = row;
    if (kind === "positional") {
      yargs.positional(name, { type: "string", describe: description });
      continue;
    }
    yargs.option(name, {
      // A command below this one has flags of its own.
      global: false,
      type: kind === "switch" ? "boolean" : "string",
      describe: description,
      ...(kind === "list" && { array: true }),
      ...(group !== undefined && { group }),
      ...(choices !== undefined && { choices }),
      ...(row.default !== undefined && { default: row.default }),
      ...(defaultDescription !== undefined && { defaultDescription }),
    });
  }
  return yargs;
}

/** @throws {CliError} that names the first flag whose value is not accepted */
export function parseFlags<Table extends FlagTable>(
  table: Table,
  given: Readonly<Record<string, unknown>>,
): FlagValues<Table> {
  const values = Object.entries(table).map(([name, { parse }]) => [name, parse(given[name] as Given, `--${name}`)]);
  return Object.fromEntries(values) as FlagValues<Table>;
}

/** The library's options that these flags set; what was not given is left out, so that the library's default holds. */
export function optionsOf(table: FlagTable, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const [name, { option }] of Object.entries(table)) {
    const value = values[name];
    if (option === undefined || value === undefined) continue;
    const path = option.split(".");
    const last = path.pop()!;
    let group = options;
    for (const step of path) group = (group[step] ??= {}) as Record<string, unknown>;
    group[last] = value;
  }
  return options;
}

/** Refuses two flags that exclude each other. */
export function requireAlone(values: Readonly<Record<string, unknown>>, one: string, other: string): void {
  const isGiven = (name: string) => values[name] !== undefined && values[name] !== false;
  if (isGiven(one) && isGiven(other))
    throw new CliError(exitCodes.usage, `--${one} cannot be combined with --${other}.`);
}
