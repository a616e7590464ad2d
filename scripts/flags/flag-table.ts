/**
 * The flags of a command, one row each. Help, parsing, the type of the parsed values, the library's options, the names
 * in its errors, keys of max.config.json and variables all come from the row.
 */
import type { Argv } from "yargs";
import { describeValue } from "../../schemas/describe-value.js";
import { CliError, exitCodes } from "../cli-error.js";

/** What yargs gives for a flag: of a flag that is repeated an array. */
export type Given = string | boolean | readonly string[] | undefined;

/** The part of JSON Schema that says what max.config.json may have for a flag. */
export interface ValueSchema {
  readonly type: string | readonly string[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: ValueSchema;
}

interface Row {
  readonly description: string;
  /** Heading in the help. @default "Options:" */
  readonly group?: string;
  /** For the help, where the default is no fixed value of the flag. */
  readonly defaultDescription?: string;
  /** The library's option that the flag sets, such as `limits.connectionsMax`. @default none */
  readonly option?: string | undefined;
  /** Whether the value is never shown. @default false */
  readonly isSecret?: boolean;
  /**
   * Whether only what is set for this very command counts (`MAX_CONTRACT_TOKEN`, `contract.token`), and not what is set
   * for all of them. @default false
   */
  readonly isOwn?: boolean;
}

/** One flag, or one positional argument. `Value` is what it is parsed to. */
export interface Flag<Value = unknown> extends Row {
  readonly kind: "text" | "list" | "switch" | "positional";
  readonly choices?: readonly string[];
  readonly default?: Given;
  /** What max.config.json may have for it. */
  readonly schema: ValueSchema;
  /** @throws {CliError} that names the flag and what it accepts */
  readonly parse: (given: Given, flag: string) => Value;
}

/** By name, without dashes. */
export type FlagTable = Readonly<Record<string, Flag>>;

export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Flag<infer Value> ? Value : never;
};

interface TextParser<Value> {
  (text: string, flag: string): Value;
  /** What the text may be in a file of JSON. @default any string or number */
  readonly schema?: ValueSchema;
}

const anyText: ValueSchema = { type: ["string", "number"] };

/** A flag that takes one value; without a default it may be left out. */
export function textFlag<Value>(row: Row & { parse: TextParser<Value>; default: string }): Flag<Value>;
export function textFlag<Value>(row: Row & { parse: TextParser<Value> }): Flag<Value | undefined>;
export function textFlag<Value>({ parse, ...row }: Row & { parse: TextParser<Value> }): Flag<Value | undefined> {
  const parseOne = (given: Given, flag: string) => {
    if (given === undefined) return undefined;
    const text = String(requireOne(given, flag));
    return parse(text, flag);
  };
  return { ...row, kind: "text", parse: parseOne, schema: parse.schema ?? anyText };
}

/** A flag that takes one of a few words. */
export function choiceFlag<Word extends string>(row: Row & { choices: readonly Word[]; default: Word }): Flag<Word>;
export function choiceFlag<Word extends string>(row: Row & { choices: readonly Word[] }): Flag<Word | undefined>;
export function choiceFlag<Word extends string>(row: Row & { choices: readonly Word[] }): Flag<Word | undefined> {
  const { choices } = row;
  // yargs checks what was typed; this is for what comes from elsewhere.
  const parseWord = (text: string, flag: string): Word => {
    const word = choices.find((one) => one === text);
    if (word !== undefined) return word;
    const accepted = choices.map((one) => JSON.stringify(one)).join(", ");
    throw new CliError(exitCodes.usage, `Invalid ${flag} ${describeValue(text)}: expected one of ${accepted}.`);
  };
  const parse = Object.assign(parseWord, { schema: { type: "string", enum: choices } });
  return { ...row, ...textFlag({ ...row, parse }) };
}

/** A flag that may be repeated. */
export function listFlag<Value>({
  parse,
  ...row
}: Row & { parse: (texts: readonly string[]) => Value; default: readonly string[] }): Flag<Value> {
  const schema = { type: ["string", "array"], items: { type: "string" } };
  return { ...row, kind: "list", parse: (given) => parse(given as readonly string[]), schema };
}

/** A flag that takes no value; one that is on by default is switched off with `--no-`. */
export function switchFlag(row: Row & { default: boolean }): Flag<boolean> {
  return {
    ...row,
    kind: "switch",
    parse: (given, flag) => requireOne(given, flag) === true,
    schema: { type: "boolean" },
  };
}

/** A word that follows the command's name. */
export function positional(description: string): Flag<string>;
export function positional(description: string, isOptional: true): Flag<string | undefined>;
export function positional(description: string): Flag<string | undefined> {
  // It may be given as a flag, too, and then several times.
  const parse = (given: Given, flag: string) => requireOne(given, flag) as string | undefined;
  return { description, kind: "positional", parse, schema: anyText };
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
      // For the help alone: what is not given may be set by a variable or a file.
      ...((defaultDescription ?? row.default) !== undefined && {
        defaultDescription: defaultDescription ?? JSON.stringify(row.default),
      }),
    });
  }
  return yargs;
}

/** @throws {CliError} that names the first flag whose value is not accepted */
export function parseFlags<Table extends FlagTable>(
  table: Table,
  given: Readonly<Record<string, Given>>,
): FlagValues<Table> {
  const values = Object.entries(table).map(([name, { parse }]) => [name, parse(given[name], `--${name}`)]);
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
