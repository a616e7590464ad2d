/**
 * Flags that were not typed: values from variables (`MAX_PORT`) and from a file (`max.config.json`).
 *
 * A flag that was typed wins over a variable, a variable over the file, the file over the default. In both places a
 * value is for all commands that have the flag, or for one command (`MAX_REPLAY_PORT`, `{ "replay": { "port": … } }`),
 * which counts before the general one. What there is to set comes from the tables of flags, by way of the schema that
 * the build makes of them: so a mistake in the file is found without loading every command.
 */
import { existsSync } from "node:fs";
import { describeValue } from "../../schemas/describe-value.js";
import { suggest } from "../../schemas/suggest.js";
import { CliError, exitCodes } from "../cli-error.js";
import { type Section, configFile, readConfig, readConfigSchema, settingsIn } from "./config-file.js";
import type { Flag, FlagTable, Given } from "./flag-table.js";

/** A value, and what set it. */
export interface Sourced {
  readonly value: Given;
  readonly kind: "flag" | "variable" | "file" | "default";
  /** Such as `--port`, `MAX_PORT` or `demo.port in max.config.json`. */
  readonly place: string;
}

export interface SettingsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path of the file; false takes neither file nor variables. @default max.config.json, where there is one */
  readonly config?: string | false;
}

/** Variables that are no flag's. */
const otherVariables = ["MAX_TOKEN", "MAX_CONFIG"];

/** @example variableOf(["demo", "tick-ms"]) // "MAX_DEMO_TICK_MS" */
export function variableOf(keys: readonly string[]): string {
  return ["MAX", ...keys].join("_").replaceAll("-", "_").toUpperCase();
}

function valueAt(content: Section, keys: readonly string[]): unknown {
  let value: unknown = content;
  for (const key of keys) value = (value as Section | undefined)?.[key];
  return value;
}

export class Settings {
  readonly #env: SettingsOptions["env"];
  /** Path of the file that was read. */
  readonly file: string | undefined;
  readonly #content: Section;

  constructor({ env, config }: SettingsOptions) {
    this.#env = config === false ? {} : env;
    const { MAX_CONFIG: variable } = this.#env;
    if (config === undefined && variable !== undefined) requireText("MAX_CONFIG", variable);
    const named = config === false ? undefined : (config ?? variable);
    this.file = named ?? (config !== false && existsSync(configFile) ? configFile : undefined);
    this.#content = this.file === undefined ? {} : readConfig(this.file);
  }

  /** The flag's value, where something sets it for the command with these words. */
  find(path: readonly string[], flag: string, row: Flag): Sourced | undefined {
    const places = row.isOwn === true ? [path] : [path, []];
    for (const place of places) {
      const variable = variableOf([...place, flag]);
      const text = this.#env[variable];
      if (text !== undefined) return { value: fromVariable(variable, text, row), kind: "variable", place: variable };
    }
    for (const place of places) {
      const keys = [...place, flag];
      const value = valueAt(this.#content, keys);
      if (value === undefined) continue;
      return { value: fromJson(value, row), kind: "file", place: `${keys.join(".")} in ${this.file}` };
    }
    return undefined;
  }

  /** Variables that look like misspelt ones of ours: others may have variables of such names, so they are no error. */
  misspelt(): readonly string[] {
    const names = Object.keys(this.#env).filter((name) => name.startsWith("MAX_"));
    if (names.every((name) => otherVariables.includes(name))) return [];
    const known = [...otherVariables, ...settingsIn(readConfigSchema()).map((keys) => variableOf(keys))];
    return names.flatMap((name) => {
      const meant = known.includes(name) ? undefined : suggest(name, known);
      return meant === undefined ? [] : [`Unknown variable ${name} is ignored. Did you mean ${meant}?`];
    });
  }
}

/** Each flag of a command with what holds for it. */
export function resolveFlags(
  table: FlagTable,
  typed: Readonly<Record<string, unknown>>,
  path: readonly string[],
  settings: Settings,
): ReadonlyMap<string, Sourced> {
  const resolved = Object.entries(table).map(([name, row]): [string, Sourced] => {
    const given = typed[name] as Given;
    if (given !== undefined) return [name, { value: given, kind: "flag", place: `--${name}` }];
    const set = row.kind === "positional" ? undefined : settings.find(path, name, row);
    return [name, set ?? { value: row.default, kind: "default", place: "default" }];
  });
  return new Map(resolved);
}

/** The values alone, to be parsed. */
export function valuesOf(sources: ReadonlyMap<string, Sourced>): Readonly<Record<string, Given>> {
  return Object.fromEntries([...sources].map(([name, { value }]) => [name, value]));
}

/** The error, with the place of each flag in its sentence that was not typed. */
export function nameSources(error: unknown, sources: ReadonlyMap<string, Sourced>): unknown {
  if (!(error instanceof CliError)) return error;
  const named = new Set([...error.message.matchAll(/--([a-z][\w-]*)/g)].map(([, name = ""]) => name));
  const notes = [...named].flatMap((name) => {
    const { kind, place } = sources.get(name) ?? { kind: "flag", place: "" };
    return kind === "variable" || kind === "file" ? [` --${name} is set by ${place}.`] : [];
  });
  return notes.length === 0 ? error : new CliError(error.exitCode, error.message + notes.join(""), { cause: error });
}

function requireText(name: string, text: string): void {
  if (text === "") throw new CliError(exitCodes.usage, `${name} is empty. Give it a value, or unset it.`);
}

function fromVariable(name: string, text: string, row: Flag): Given {
  requireText(name, text);
  if (row.kind === "list") return fromJson(parseList(text) ?? text, row);
  if (row.kind !== "switch") return text;
  const [isOn, isOff] = [
    ["true", "1"],
    ["false", "0"],
  ].map((words) => words.includes(text.toLowerCase()));
  if (isOn || isOff) return isOn;
  throw new CliError(exitCodes.usage, `${name} is ${describeValue(text)}: expected true or false.`);
}

/** Several values in one variable are a JSON array; anything else is one value. */
function parseList(text: string): readonly string[] | undefined {
  if (!text.startsWith("[")) return undefined;
  try {
    const values = JSON.parse(text) as readonly unknown[];
    return values.every((value) => typeof value === "string") ? values : undefined;
  } catch {
    return undefined;
  }
}

/** What the schema accepts, as yargs would give it. */
function fromJson(value: unknown, { kind }: Flag): Given {
  if (kind === "switch") return value === true;
  if (kind === "list") return [value].flat().map(String);
  return String(value);
}
