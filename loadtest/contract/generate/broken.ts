/**
 * Requests that break exactly one keyword of their schema at exactly one place.
 *
 * Each is made from a valid body by one change and held against the validator before it counts, so that
 * "exactly one" is measured and not hoped for.
 */
import type { Violation } from "../../../schemas/index.js";
import type { SchemaNode, SchemaPlace, SchemaSet } from "../../../schemas/schema-tree.js";
import { withoutEchoes } from "../core/violations.js";

export interface BrokenBody {
  readonly body: unknown;
  /** Where it is broken, and the keyword. */
  readonly pointer: string;
  readonly keyword: string;
}

type Body = Readonly<Record<string, unknown>>;

const wrongTypes: Readonly<Record<string, readonly unknown[]>> = {
  string: [5, true, ["text"], {}],
  number: ["12.5", true, [1]],
  integer: ["12", 1.5, true],
  boolean: ["true", 1],
  array: [{}, "text"],
  object: ["text", 5, []],
};

/** Values that break a property's schema, each at one of its keywords. */
function brokenValues(node: SchemaNode): unknown[] {
  const { type, minLength, maxLength, pattern, minimum, maximum, enum: values } = node;
  const types = Array.isArray(type) ? (type as readonly string[]) : [type as string];
  const wrong = wrongTypes[types.find((one) => one !== "null") ?? "string"] ?? [];
  return [
    ...wrong,
    ...(types.includes("null") ? [] : [null]),
    ...(minLength === undefined || minLength === 0 ? [] : [""]),
    ...(maxLength === undefined ? [] : ["x".repeat(maxLength + 1)]),
    ...(pattern === undefined ? [] : ["   ", "UPPER case!"]),
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(maximum === undefined ? [] : [maximum + 1]),
    ...(values === undefined ? [] : ["not-one-of-them"]),
  ];
}

function* changesOf(set: SchemaSet, node: SchemaNode, base: string, valid: Body): Generator {
  for (const name of node.required ?? [])
    yield Object.fromEntries(Object.entries(valid).filter(([key]) => key !== name));
  if (node.additionalProperties === false) yield { ...valid, undocumentedField: 1 };
  if (node.minProperties !== undefined) yield {};
  for (const [name, property] of Object.entries(node.properties ?? {})) {
    for (const value of brokenValues(set.follow(property, base).node)) yield { ...valid, [name]: value };
  }
  yield* [[], "text", 5, true];
}

/** Every broken body that a valid one leads to, each (place, keyword) and kind of value once. */
export function brokenBodies(
  set: SchemaSet,
  at: SchemaPlace,
  valid: Body,
  find: (body: unknown) => readonly Violation[],
): BrokenBody[] {
  const here = set.follow(at.node, at.base);
  const broken = new Map<string, BrokenBody>();
  for (const body of changesOf(set, here.node, here.base, valid)) {
    const violations = withoutEchoes(find(body));
    const [first] = violations;
    // An empty name is too short and has no visible character: one place, so it is kept.
    if (first === undefined || violations.some(({ pointer }) => pointer !== first.pointer)) continue;
    const { pointer, keyword } = first;
    const kind =
      keyword === "type" && typeof body === "object" && body !== null
        ? typeof (body as Record<string, unknown>)[pointer.slice(1)]
        : typeof body;
    broken.set(`${pointer} ${keyword} ${kind}`, { body, pointer, keyword });
  }
  return [...broken.values()];
}
