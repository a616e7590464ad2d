/** Which fields of a value no schema names. */
import type { SchemaPath } from "../../../schemas/index.js";
import { pointerTo } from "../../../schemas/json-pointer.js";
import { type SchemaNode, contractSchemas, schemaAt } from "../../../schemas/schema-tree.js";

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
