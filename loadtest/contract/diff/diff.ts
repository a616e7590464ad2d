/**
 * Two versions of the schemas, told apart by payloads: what the one accepts and the other refuses, and
 * whether that breaks anybody, which depends on the direction of travel.
 *
 * Invariant: a difference always comes with a payload that both validators were asked about.
 */
import { OptionError } from "../../core/errors.js";
import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { pointerTo } from "../../../schemas/json-pointer.js";
import { readJsonFile } from "../../../schemas/text-file.js";
import { toViolation } from "../../../schemas/violation.js";
import { seedNumber } from "../generate/arbitrary.js";
import { type SchemaNode, type SchemaPlace, type SchemaSet, createSchemaSet } from "../../../schemas/schema-tree.js";
import { payloadsOf } from "./payloads.js";

/** Schema files by their path below the folder. */
export type SchemaFolder = ReadonlyMap<string, SchemaNode>;

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
    throw new OptionError(`${folder} cannot be read as a folder of schemas.`, { cause });
  }
  const files = new Map<string, SchemaNode>();
  for (const name of names.toSorted()) {
    if (!name.endsWith(".schema.json") || name.includes("node_modules")) continue;
    const path = join(folder, name);
    try {
      files.set(relative(folder, path).split(sep).join("/"), readJsonFile(path) as SchemaNode);
    } catch (cause) {
      throw new OptionError((cause as Error).message, { cause });
    }
  }
  if (files.size === 0) throw new OptionError(`There is no *.schema.json in ${folder}.`);
  return files;
}

/** One version of the schemas, ready to be asked. */
interface Version {
  readonly files: SchemaFolder;
  readonly set: SchemaSet;
  rootOf(path: string): SchemaPlace;
  /** Compiled at the first call. */
  validatorOf(path: string): ValidateFunction;
}

/** Says which file it was that cannot be worked with. */
function naming<Value>(path: string, work: () => Value): Value {
  try {
    return work();
  } catch (cause) {
    throw new OptionError(`${path} cannot be compared as a schema: ${(cause as Error).message}`, { cause });
  }
}

function createVersion(files: SchemaFolder): Version {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  for (const [path, schema] of files) {
    naming(path, () => {
      if (schema.$id === undefined) throw new Error("it has no $id");
      ajv.addSchema(schema);
    });
  }
  const rootOf = (path: string): SchemaPlace => {
    const node = files.get(path) as SchemaNode;
    return { node, base: node.$id ?? "" };
  };
  return {
    files,
    set: createSchemaSet(files.values()),
    rootOf,
    validatorOf: (path) => naming(path, () => ajv.getSchema(rootOf(path).base) as ValidateFunction),
  };
}

/** Everything that a schema says, the definitions that it refers to included. */
function textOf({ set, rootOf }: Version, path: string): string {
  const nodes = new Set<SchemaNode>();
  function visit(part: unknown, base: string): void {
    if (typeof part !== "object" || part === null) return;
    const { $ref } = part as SchemaNode;
    if (typeof $ref === "string") add(set.follow(part, base));
    for (const child of Object.values(part)) visit(child, base);
  }
  function add({ node, base }: SchemaPlace): void {
    if (nodes.has(node)) return;
    nodes.add(node);
    visit(node, base);
  }
  naming(path, () => add(rootOf(path)));
  return JSON.stringify([...nodes]);
}

/** What a server sends, and the summary that the load test writes; plans and scenarios are written for us. */
function directionOf(path: string): Direction {
  return /^(?:events|resources)\/|^summary\./.test(path) ? "answer" : "request";
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

/** Short payloads first, and of all those that people can read: the first one that shows a difference is printed. */
function inOrderOfReading(payloads: ReadonlyMap<string, unknown>): unknown[] {
  const isReadable = (json: string): boolean => /^[ -~]*$/.test(json);
  return [...payloads]
    .toSorted(([a], [b]) => Number(isReadable(b)) - Number(isReadable(a)) || a.length - b.length)
    .map(([, payload]) => payload);
}

/** One difference for each (side, place, keyword), with the payload that shows it best. */
function diffSchema(path: string, before: Version, after: Version, seed: number): SchemaDifference[] {
  const direction = directionOf(path);
  const sides = { old: before.validatorOf(path), new: after.validatorOf(path) };
  const payloads = payloadsOf(before.set, before.rootOf(path), seed);
  for (const [json, payload] of payloadsOf(after.set, after.rootOf(path), seed)) payloads.set(json, payload);
  const found = new Map<string, SchemaDifference>();
  for (const payload of inOrderOfReading(payloads)) {
    const accepted = { old: sides.old(payload), new: sides.new(payload) };
    if (accepted.old === accepted.new) continue;
    const acceptedBy = accepted.old ? "old" : "new";
    const [error] = (accepted.old ? sides.new.errors : sides.old.errors) as [ErrorObject];
    const { pointer, keyword } = toViolation(error);
    const key = `${acceptedBy} ${pointer} ${keyword}`;
    if (!found.has(key))
      found.set(key, {
        path,
        direction,
        acceptedBy,
        ...explain(direction, acceptedBy),
        pointer,
        keyword,
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
    const pointer = pointerTo(name);
    const detail = `the field ${pointer} is no longer documented, and readers may rely on it`;
    return { path, direction, breaking: true, detail, pointer };
  });
}

/** Every difference between two versions, in the order of the files. The same seed finds the same payloads. */
export function diffSchemas(before: SchemaFolder, after: SchemaFolder, seed = "42"): SchemaDifference[] {
  const [was, is] = [createVersion(before), createVersion(after)];
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path): SchemaDifference[] => {
    const direction = directionOf(path);
    if (!after.has(path)) return [{ path, direction, breaking: true, detail: "the schema is gone" }];
    if (!before.has(path)) return [{ path, direction, breaking: false, detail: "the schema is new" }];
    // Definitions alone travel nowhere: their changes show in the schemas that refer to them.
    if (before.get(path)?.type === undefined) return [];
    if (textOf(was, path) === textOf(is, path)) return [];
    return diffSchema(path, was, is, seedNumber(seed)).concat(diffFields(path, before, after));
  });
}
