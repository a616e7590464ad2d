/** Finds one's way in the schema files: follows `$ref`, and tells which fields of a value no schema names. */
import { type SchemaPath, schemaFiles } from "../../../schemas/index.js";
import { pointerTo, valueAt } from "../../../schemas/json-pointer.js";

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
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
}

/** A place in the schemas, with the `$id` that its references start from. */
export interface SchemaPlace {
  readonly node: SchemaNode;
  readonly base: string;
}

/** Schema files by their `$id`, so that references can be followed. */
export interface SchemaSet {
  /** Where a reference in a schema leads to; the place itself where it is none. */
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
      let here = { node, base };
      while (here.node.$ref !== undefined) {
        const url = new URL(here.node.$ref, here.base);
        const pointer = url.hash.slice(1);
        url.hash = "";
        const file = byId.get(url.href);
        if (file === undefined) throw new Error(`${here.node.$ref} in ${here.base} leads to no schema`);
        here = { node: atPointer(file, pointer), base: url.href };
      }
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

/** JSON pointers to the fields of a value that its schema does not name. */
export function findUndocumentedFields(path: SchemaPath, value: unknown): string[] {
  const found: string[] = [];

  function walk(node: SchemaNode, base: string, part: unknown, pointer: string): void {
    const here = contractSchemas.follow(node, base);
    if (Array.isArray(part)) {
      const { items } = here.node;
      if (items !== undefined) part.forEach((item, position) => walk(items, here.base, item, `${pointer}/${position}`));
    } else if (typeof part === "object" && part !== null && here.node.properties !== undefined) {
      for (const [key, member] of Object.entries(part)) {
        const property = Object.hasOwn(here.node.properties, key) ? here.node.properties[key] : undefined;
        if (property === undefined) {
          // Said outright that there is more: then it is documented.
          if (here.node.additionalProperties !== true) found.push(pointer + pointerTo(key));
        } else walk(property, here.base, member, pointer + pointerTo(key));
      }
    }
  }

  const { node, base } = schemaAt(path);
  walk(node, base, value, "");
  return found;
}
