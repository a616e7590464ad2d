/** The paths into summary.json that yield a number, from its schema: what a threshold can be about. */
import { editDistance } from "../../schemas/suggest.js";
import { type SchemaPlace, contractSchemas, schemaAt } from "../../schemas/schema-tree.js";

/** Lists whose entries are named: `events["market:update"]`. The field that has the name. */
export const namedLists = {
  events: "event",
  "http.routes": "route",
  stages: "stage",
  restarts: "stage",
  transports: "transport",
  addresses: "url",
} as const;

export type NamedList = keyof typeof namedLists;

export function isNamedList(path: string): path is NamedList {
  return Object.hasOwn(namedLists, path);
}

/** What stands for the name of an entry in `summaryPaths`. */
export const anyName = "[]";

/** Distributions, which have any percentile. */
const distributions = new Set<string>();

function* numbersIn({ node, base }: SchemaPlace, path: string): Generator<string> {
  const here = contractSchemas.follow(node, base);
  if ([here.node.type].flat().some((type) => type === "number" || type === "integer")) yield path;
  if (here.node.title === "Percentiles") distributions.add(path);
  if (here.node.items !== undefined && isNamedList(path))
    yield* numbersIn({ node: here.node.items, base: here.base }, path + anyName);
  for (const [name, child] of Object.entries(here.node.properties ?? {}))
    yield* numbersIn({ node: child, base: here.base }, path === "" ? name : `${path}.${name}`);
}

/** With `[]` for a name in brackets. */
export const summaryPaths: readonly string[] = [...numbersIn(schemaAt("summary.schema.json"), "")];

export function isDistribution(path: string): boolean {
  return distributions.has(path);
}

/** What there is beside a path that is none: the last names of its parent's numbers. */
export function namesBeside(path: string): string[] {
  const parent = path.slice(0, path.lastIndexOf(".") + 1);
  const below = parent === "" ? [] : summaryPaths.filter((known) => known.startsWith(parent));
  return below.map((known) => known.slice(parent.length)).filter((name) => !name.includes("."));
}

/** The path that is most like what was typed, as a whole or by its last name. */
export function findNearestPath(typed: string): string {
  const text = typed.toLowerCase();
  const distance = (path: string) => {
    const whole = path.toLowerCase();
    const last = whole.slice(whole.lastIndexOf(".") + 1);
    const isAsNamed = path.includes(anyName) === typed.includes(anyName);
    return Math.min(editDistance(text, whole), editDistance(text, last) + 0.5) + (isAsNamed ? 0 : 2);
  };
  return summaryPaths.toSorted((a, b) => distance(a) - distance(b))[0]!;
}
