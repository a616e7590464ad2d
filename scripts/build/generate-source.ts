/** Reads what the generators start from. They run at the package's root, as npm scripts do. */
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A value as JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A schema file, with the fields that the generators read. */
export interface Schema extends JsonObject {
  readonly title: string;
}

/** The schema files by their path below schemas/, in path order. */
export type Schemas = ReadonlyMap<string, Schema>;

export const schemaFolder = join(process.cwd(), "schemas");
export const generatedFolder = join(schemaFolder, "generated");

export async function readJson<Value extends Json>(...path: string[]): Promise<Value> {
  return JSON.parse(await readFile(join(...path), "utf8")) as Value;
}

export async function readSchemas(): Promise<Schemas> {
  const files = await readdir(schemaFolder, { recursive: true });
  const paths = files.filter((path) => path.endsWith(".schema.json")).map((path) => path.replaceAll("\\", "/"));
  return new Map(
    await Promise.all(paths.sort().map(async (path) => [path, await readJson<Schema>(schemaFolder, path)] as const)),
  );
}

/** A schema or definition that has a title of its own. */
export interface TitledSchema {
  readonly schema: Schema;
  /** Path of the file that it is in. */
  readonly path: string;
}

/** The definitions of a schema file, by name. */
export function definitionsOf(schema: Schema): Readonly<Record<string, Schema>> {
  return (schema["$defs"] ?? {}) as Readonly<Record<string, Schema>>;
}

/** Every schema file and definition, by the URL that a `$ref` to it resolves to. */
export function schemasByUrl(schemas: Schemas): ReadonlyMap<string, TitledSchema> {
  const found = new Map<string, TitledSchema>();
  for (const [path, schema] of schemas) {
    found.set(`file:///${path}`, { schema, path });
    for (const [key, definition] of Object.entries(definitionsOf(schema)))
      found.set(`file:///${path}#/$defs/${key}`, { schema: definition, path });
  }
  return found;
}

/** Resolves a `$ref` in a file below schemas/. */
export function resolveReference(reference: string, path: string): string {
  return new URL(reference, `file:///${path}`).href;
}

/** Leaves a file alone that has this text already: the compiler then has nothing to do. */
export async function writeIfChanged(path: string, text: string): Promise<void> {
  if ((await readFile(path, "utf8").catch(() => "")) !== text) await writeFile(path, text);
}
