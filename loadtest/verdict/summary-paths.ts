/** The paths into summary.json that yield a number, from its schema: what a threshold can be about. */
import { type SchemaPlace, contractSchemas, schemaAt } from "../../schemas/schema-tree.js";

function* numbersIn({ node, base }: SchemaPlace, path: string): Generator<string> {
  const here = contractSchemas.follow(node, base);
  if ([here.node.type].flat().some((type) => type === "number" || type === "integer")) yield path;
  for (const [name, child] of Object.entries(here.node.properties ?? {}))
    yield* numbersIn({ node: child, base: here.base }, path === "" ? name : `${path}.${name}`);
}

export const summaryPaths: readonly string[] = [...numbersIn(schemaAt("summary.schema.json"), "")];

/** What there is beside a path that is none: the last names of its parent's numbers. */
export function namesBeside(path: string): string[] {
  const parent = path.slice(0, path.lastIndexOf(".") + 1);
  const below = parent === "" ? [] : summaryPaths.filter((known) => known.startsWith(parent));
  return below.map((known) => known.slice(parent.length)).filter((name) => !name.includes("."));
}

/** Insertions, deletions and replacements that make one text another. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let at = 1; at <= a.length; at += 1) {
    const next = [at];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = row[column - 1] + (a[at - 1] === b[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[column] + 1, next[column - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}

/** The path that is most like what was typed, as a whole or by its last name. */
export function findNearestPath(typed: string): string {
  const text = typed.toLowerCase();
  const distance = (path: string) => {
    const whole = path.toLowerCase();
    const last = whole.slice(whole.lastIndexOf(".") + 1);
    return Math.min(editDistance(text, whole), editDistance(text, last) + 0.5);
  };
  return summaryPaths.toSorted((a, b) => distance(a) - distance(b))[0];
}
