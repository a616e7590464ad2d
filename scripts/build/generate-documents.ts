/** Bundles openapi.json and asyncapi.json: the schema files that they refer to become components under their titles. */
import { type Json, type JsonObject, type Schemas, resolveReference, schemasByUrl } from "./generate-source.js";

/** A document with `components`. */
interface ComponentDocument extends JsonObject {
  readonly components: { readonly schemas?: JsonObject };
}

/** `$id` is left out, or every `#/components/…` inside a schema would be resolved against it. */
const withoutMeaning = new Set(["$id", "$schema", "$defs"]);

/**
 * Puts a document in one piece.
 *
 * @throws when a reference leads nowhere, or a component has the title of a schema file
 */
export function bundleDocument(document: ComponentDocument, schemas: Schemas): JsonObject {
  const known = schemasByUrl(schemas);
  const components = new Map<string, Json>();

  function copy(node: Json, path: string): Json {
    if (Array.isArray(node)) return node.map((item) => copy(item, path));
    if (node === null || typeof node !== "object") return node;
    const fields = node as JsonObject;
    const reference = fields["$ref"];
    // A document keeps references to its own parts; a schema file's own definitions become components, too.
    if (typeof reference === "string" && !(path === "" && reference.startsWith("#")))
      return { ...fields, $ref: addComponent(reference, path) };
    const entries = Object.entries(fields).filter(([key]) => !withoutMeaning.has(key));
    return Object.fromEntries(entries.map(([key, value]) => [key, copy(value, path)]));
  }

  /** Makes a schema a component at the first reference to it. */
  function addComponent(reference: string, path: string): string {
    const found = known.get(resolveReference(reference, path));
    if (found === undefined) throw new Error(`${path} refers to ${reference}, which is not in schemas/`);
    const { title } = found.schema;
    if (!components.has(title)) {
      components.set(title, null);
      components.set(title, copy(found.schema, found.path));
    }
    return `#/components/schemas/${title}`;
  }

  const whole = copy(document, "") as ComponentDocument;
  const own = Object.entries(whole.components.schemas ?? {});
  const clash = own.find(([title]) => components.has(title));
  if (clash !== undefined) throw new Error(`the component ${clash[0]} is also the title of a schema file`);
  const sorted = [...own, ...components].sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...whole, components: { ...whole.components, schemas: Object.fromEntries(sorted) } };
}
