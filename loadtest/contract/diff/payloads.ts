/**
 * Payloads on which two versions of a schema are likely to differ: the edges of every limit, each value of
 * an enumeration, each field left out, one field more.
 *
 * They need not be valid: which version takes which payload is the validators' word, not this file's.
 */
import { sampleValues } from "../generate/arbitrary.js";
import type { SchemaNode, SchemaPlace, SchemaSet } from "../../../schemas/schema-tree.js";

const depthMax = 6;
/** At the root and at the places below it, where the edges say most already. */
const sampleCounts = [12, 3] as const;
const lengthMax = 10_000;
/** Schemas with many levels multiply; what differs there shows on fewer. */
const payloadsMax = 2000;

type Sample = (here: SchemaPlace, depth: number) => readonly unknown[];

function stringEdges(node: SchemaNode): unknown[] {
  const lengths = [node.minLength, node.maxLength].filter((length) => length !== undefined && length <= lengthMax);
  return ["", " ", "a", "Text of no pattern!", ...lengths.map((length) => "x".repeat(length ?? 0)), 1, null];
}

function numberEdges({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: SchemaNode): unknown[] {
  const limits = [minimum, maximum, exclusiveMinimum, exclusiveMaximum].filter((limit) => limit !== undefined);
  return [0, 1, -1, 0.5, ...limits.flatMap((limit) => [limit, limit - 1, limit + 1]), "1", null];
}

/** Every value worth trying at a place. */
function* edgesOf(set: SchemaSet, at: SchemaPlace, sample: Sample, depth: number): Generator {
  const here = set.follow(at.node, at.base);
  const { type, enum: values, properties, items } = here.node;
  const types = Array.isArray(type) ? (type as readonly string[]) : [type as string | undefined];
  yield* values ?? [];
  yield* here.node.examples ?? [];
  yield* sample(here, depth);
  if (types.includes("string")) yield* stringEdges(here.node);
  if (types.includes("number") || types.includes("integer")) yield* numberEdges(here.node);
  if (types.includes("boolean")) yield* [true, false, "true", null];
  if (depth >= depthMax) return;
  if (types.includes("array")) {
    yield [];
    if (items !== undefined)
      for (const item of edgesOf(set, { node: items, base: here.base }, sample, depth + 1)) yield [item];
  }
  if (properties !== undefined) yield* objectEdges(set, here, sample, depth);
}

function* objectEdges(set: SchemaSet, here: SchemaPlace, sample: Sample, depth: number): Generator {
  const bases = [...(here.node.examples ?? []), ...sample(here, depth).slice(0, depth === 0 ? 2 : 1)];
  for (const base of bases) {
    if (typeof base !== "object" || base === null) continue;
    yield { ...base, fieldOfTomorrow: 1 };
    for (const name of Object.keys(base))
      yield Object.fromEntries(Object.entries(base).filter(([key]) => key !== name));
    for (const [name, node] of Object.entries(here.node.properties ?? {})) {
      for (const value of edgesOf(set, { node, base: here.base }, sample, depth + 1)) yield { ...base, [name]: value };
    }
  }
  yield {};
}

/** Payloads by their JSON, so that equal ones of two versions are asked about once. */
export function payloadsOf(set: SchemaSet, at: SchemaPlace, seed: number): Map<string, unknown> {
  // The same definition stands at many places; it is drawn from once.
  const drawn = new Map<SchemaNode, unknown[]>();
  function sample(here: SchemaPlace, depth: number): readonly unknown[] {
    let values = drawn.get(here.node);
    if (values === undefined) drawn.set(here.node, (values = sampleValues(set, here, seed, sampleCounts[depth] ?? 1)));
    return values;
  }
  const distinct = new Map<string, unknown>();
  for (const payload of edgesOf(set, at, sample, 0)) {
    distinct.set(JSON.stringify(payload), payload);
    if (distinct.size >= payloadsMax) break;
  }
  return distinct;
}
