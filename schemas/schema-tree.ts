/** The way through the schema files: the node of a path, what a `$ref` leads to, the schema of a place in a value. */
import { type SchemaPath, schemaFiles } from "./index.js";
import { valueAt } from "./json-pointer.js";

/** The part of JSON Schema that the house's dialect uses. */
export interface SchemaNode {
  readonly $id?: string;
  readonly $ref?: string;
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly minProperties?: number;
  readonly items?: SchemaNode;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly examples?: readonly unknown[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly default?: unknown;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
}

/** A place in the schemas, with the `$id` that its references start from. */
export interface SchemaPlace {
  readonly node: SchemaNode;
  readonly base: string;
}

/** Schema files by their `$id`, so that references can be followed. */
export interface SchemaSet {
  /** Where a reference in a schema leads to, with the keywords beside it; the place itself where it is none. */
  follow(node: SchemaNode, base: string): SchemaPlace;
}

function atPointer(root: SchemaNode, pointer: string): SchemaNode {
  const node = valueAt(root, decodeURIComponent(pointer));
  if (typeof node !== "object" || node === null) throw new Error(`no schema at ${root.$id ?? ""}#${pointer}`);
  return node;
}

export function createSchemaSet(files: Iterable<SchemaNode>): SchemaSet {
  const byId = new Map([...files].map((file) => [file.$id ?? "", file]));
  // Every event is walked, so a reference is resolved once: a node stands in one file and has one base.
  const followed = new WeakMap<SchemaNode, SchemaPlace>();
  return {
    follow(node, base) {
      if (node.$ref === undefined) return { node, base };
      const known = followed.get(node);
      if (known !== undefined) return known;
      const { $ref, ...own } = node;
      const url = new URL($ref, base);
      const pointer = url.hash.slice(1);
      url.hash = "";
      const file = byId.get(url.href);
      if (file === undefined) throw new Error(`${$ref} in ${base} leads to no schema`);
      const target = this.follow(atPointer(file, pointer), url.href);
      const isAlone = Object.keys(own).length === 0;
      const here = isAlone ? target : { node: { ...target.node, ...own }, base: target.base };
      followed.set(node, here);
      return here;
    },
  };
}

/** The contract's own schemas. */
export const contractSchemas: SchemaSet = createSchemaSet(Object.values(schemaFiles) as readonly SchemaNode[]);

/** The schema of a path below schemas/. */
export function schemaAt(path: SchemaPath): SchemaPlace {
  const node = schemaFiles[path] as SchemaNode;
  return { node, base: node.$id ?? "" };
}

/** The schema of a place within a value, references followed; an empty one where the schema names no such place. */
export function schemaWithin(path: SchemaPath, names: readonly string[]): SchemaNode {
  let here = schemaAt(path);
  for (const name of names) {
    const { items, properties } = here.node;
    const node =
      (/^\d+$/.test(name) ? items : undefined) ?? (Object.hasOwn(properties ?? {}, name) ? properties?.[name] : {});
    here = contractSchemas.follow(node ?? {}, here.base);
  }
  return here.node;
}
