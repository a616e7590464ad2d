/**
 * Two versions of the schemas, told apart by payloads: what the one accepts and the other refuses, and
 * whether that breaks anybody, which depends on the direction of travel.
 *
 * Invariant: a difference always comes with a payload that both validators were asked about.
 */
import { readFile, readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { seedNumber } from "../generate/arbitrary.js";
import { type SchemaNode, createSchemaSet } from "../schema-tree.js";
import { payloadsOf } from "./payloads.js";

/** Schema files by their path below the folder. */
export type SchemaFolder = ReadonlyMap<string, SchemaNode>;

/** A folder that cannot be compared. */
export class SchemaFolderError extends Error {
  override readonly name = "SchemaFolderError";
}

/** Who writes the payloads: clients send requests, servers send events and answers. */
export type Direction = "request" | "answer";

export interface SchemaDifference {
  /** Path below the folder. */
  readonly path: string;
  readonly direction: Direction;
  readonly breaking: boolean;
  /** What follows from it, as a sentence. */
  readonly detail: string;
  readonly acceptedBy?: "old" | "new";
  /** Where the version that refuses it objects, and to what. */
  readonly pointer?: string;
  readonly keyword?: string;
  readonly payload?: unknown;
}

export async function readSchemaFolder(folder: string): Promise<SchemaFolder> {
  let names: string[];
  try {
    names = await readdir(folder, { recursive: true });
  } catch (cause) {
    throw new SchemaFolderError(`${folder} cannot be read as a folder of schemas`, { cause });
  }
  const files = new Map<string, SchemaNode>();
  for (const name of names.toSorted()) {
    if (!name.endsWith(".schema.json") || name.includes("node_modules")) continue;
    const path = join(folder, name);
    try {
      files.set(relative(folder, path).split(sep).join("/"), JSON.parse(await readFile(path, "utf8")) as SchemaNode);
    } catch (cause) {
      throw new SchemaFolderError(`${path} is not JSON`, { cause });
    }
  }
  if (files.size === 0) throw new SchemaFolderError(`there is no *.schema.json in ${folder}`);
  return files;
}

function compile(folder: SchemaFolder, path: string): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  for (const schema of folder.values()) ajv.addSchema(schema);
  const { $id = "" } = folder.get(path) as SchemaNode;
  const validate = ajv.getSchema($id);
  if (validate === undefined) throw new SchemaFolderError(`${path} has no $id`);
  return validate;
}

function directionOf(path: string): Direction {
  return path.startsWith("events/") || path.startsWith("resources/") ? "answer" : "request";
}

function explain(
  direction: Direction,
  acceptedBy: "old" | "new",
): { readonly breaking: boolean; readonly detail: string } {
  if (direction === "request") {
    return acceptedBy === "old"
      ? { breaking: true, detail: "clients that send this today will be refused" }
      : { breaking: false, detail: "new clients may send this; an old server refuses it" };
  }
  return acceptedBy === "new"
    ? { breaking: true, detail: "servers may send this now, and readers of the old version do not expect it" }
    : { breaking: false, detail: "servers no longer send this" };
}

/** One difference for each (side, place, keyword), with the shortest payload that shows it. */
function diffSchema(path: string, before: SchemaFolder, after: SchemaFolder, seed: number): SchemaDifference[] {
  const direction = directionOf(path);
  const sides = { old: compile(before, path), new: compile(after, path) };
  const payloads = [before, after].flatMap((folder) => {
    const node = folder.get(path) as SchemaNode;
    return payloadsOf(createSchemaSet(folder.values()), { node, base: node.$id ?? "" }, seed);
  });
  const found = new Map<string, SchemaDifference>();
  for (const payload of payloads.toSorted((a, b) => JSON.stringify(a).length - JSON.stringify(b).length)) {
    const accepted = { old: sides.old(payload), new: sides.new(payload) };
    if (accepted.old === accepted.new) continue;
    const acceptedBy = accepted.old ? "old" : "new";
    const [error] = (accepted.old ? sides.new.errors : sides.old.errors) as ErrorObject[];
    const missing: unknown = error.params["missingProperty"] ?? error.params["additionalProperty"];
    const pointer = typeof missing === "string" ? `${error.instancePath}/${missing}` : error.instancePath;
    const key = `${acceptedBy} ${pointer} ${error.keyword}`;
    if (!found.has(key))
      found.set(key, {
        path,
        direction,
        acceptedBy,
        ...explain(direction, acceptedBy),
        pointer,
        keyword: error.keyword,
        payload,
      });
  }
  return [...found.values()];
}

/** Fields that an open schema no longer names: validators accept both, readers may miss them. */
function diffFields(path: string, before: SchemaFolder, after: SchemaFolder): SchemaDifference[] {
  const direction = directionOf(path);
  if (direction !== "answer") return [];
  const [was, is] = [before.get(path)?.properties ?? {}, after.get(path)?.properties ?? {}];
  const gone = Object.keys(was).filter((name) => !(name in is));
  return gone.map((name) => {
    const detail = `the field /${name} is no longer documented, and readers may rely on it`;
    return { path, direction, breaking: true, detail, pointer: `/${name}` };
  });
}

/** Every difference between two versions, in the order of the files. The same seed finds the same payloads. */
export function diffSchemas(before: SchemaFolder, after: SchemaFolder, seed = "42"): SchemaDifference[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path): SchemaDifference[] => {
    const direction = directionOf(path);
    if (!after.has(path)) return [{ path, direction, breaking: true, detail: "the schema is gone" }];
    if (!before.has(path)) return [{ path, direction, breaking: false, detail: "the schema is new" }];
    // Definitions alone travel nowhere: their changes show in the schemas that refer to them.
    if (before.get(path)?.type === undefined) return [];
    return diffSchema(path, before, after, seedNumber(seed)).concat(diffFields(path, before, after));
  });
}
