/**
 * max.config.json: a file that is held against its schema.
 *
 * Checked here are keys and types. What a value must be beyond that is for its flag's parser.
 */
import { fileURLToPath } from "node:url";
import { describeValue } from "../../schemas/describe-value.js";
import { didYouMean } from "../../schemas/suggest.js";
import { readJsonFile } from "../../schemas/text-file.js";
import { packageRoot } from "../../schemas/package-root.js";
import { CliError, exitCodes } from "../cli-error.js";
import type { ValueSchema } from "./flag-table.js";

export const configFile = "max.config.json";
/** The schema's path in the package. */
export const configSchemaFile = "dist/config.schema.json";

/** An object of the file. */
export type Section = Readonly<Record<string, unknown>>;

export interface SettingSchema extends ValueSchema {
  readonly description?: string;
  readonly default?: unknown;
  /** Not to be shown. */
  readonly writeOnly?: true;
}

export interface Alternatives {
  readonly description: string;
  readonly anyOf: readonly SettingSchema[];
}

export interface SectionSchema {
  readonly description?: string;
  readonly type: "object";
  readonly additionalProperties: false;
  readonly properties: Readonly<Record<string, SettingSchema | Alternatives | SectionSchema>>;
}

export interface ConfigSchema extends SectionSchema {
  readonly $schema: string;
  readonly $id: string;
  readonly title: string;
}

export function readConfigSchema(): ConfigSchema {
  return readJsonFile(fileURLToPath(new URL(configSchemaFile, packageRoot))) as ConfigSchema;
}

/** The keys that lead to each setting there is, such as `["demo", "port"]`. */
export function settingsIn({ properties }: SectionSchema): readonly (readonly string[])[] {
  return Object.entries(properties).flatMap(([key, schema]) =>
    "properties" in schema ? settingsIn(schema).map((keys) => [key].concat(keys)) : [[key]],
  );
}

/**
 * The content of a configuration file.
 *
 * @throws {CliError} with the place of the first key that is not known, or whose value is of another type
 */
export function readConfig(file: string): Section {
  const content = readJsonFile(file);
  checkSection(content, readConfigSchema(), [], file);
  return content as Section;
}

function checkSection(value: unknown, { properties }: SectionSchema, path: readonly string[], file: string): void {
  const refuse = (sentence: string) => new CliError(exitCodes.usage, `${file}: ${sentence}`);
  const nameOf = (key: string) => [...path, key].join(".");
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw refuse(`${path.join(".") || "the file"} is ${describeValue(value)}: expected an object.`);
  for (const [key, one] of Object.entries(value)) {
    const schema = Object.hasOwn(properties, key) ? properties[key]! : undefined;
    if (schema === undefined)
      throw refuse(
        `unknown key ${describeValue(nameOf(key))}. ${didYouMean(nameOf(key), Object.keys(properties).map(nameOf), "Keys")}`,
      );
    if ("properties" in schema) {
      checkSection(one, schema, [...path, key], file);
      continue;
    }
    const alternatives = "anyOf" in schema ? schema.anyOf : [schema];
    if (alternatives.some((alternative) => isOfType(one, alternative))) {
      if (!isExact(one) && alternatives.some((alternative) => isOfType("", alternative)))
        throw refuse(`${nameOf(key)} is a number beyond ${Number.MAX_SAFE_INTEGER}: write it as a string.`);
      continue;
    }
    const isSecret = alternatives.some(({ writeOnly }) => writeOnly === true);
    const shown = isSecret ? "not of the right type" : describeValue(one);
    throw refuse(`${nameOf(key)} is ${shown}: expected ${describeTypes(alternatives)}.`);
  }
}

/** Whether a number is the one that is written in the file: JSON.parse rounds large ones. */
function isExact(value: unknown): boolean {
  return typeof value !== "number" || Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

function isOfType(value: unknown, { type, items }: ValueSchema): boolean {
  return [type].flat().some((one) => {
    if (one === "array")
      return Array.isArray(value) && value.every((item) => items === undefined || isOfType(item, items));
    if (one === "integer") return Number.isInteger(value);
    return typeof value === one;
  });
}

const typeNames: Readonly<Record<string, string>> = {
  array: "an array of strings",
  boolean: "true or false",
  integer: "a whole number",
  number: "a number",
  string: "a string",
};

function describeTypes(schemas: readonly ValueSchema[]): string {
  const types = new Set(schemas.flatMap(({ type }) => type));
  return [...types].map((type) => typeNames[type] ?? type).join(" or ");
}
