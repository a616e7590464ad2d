/**
 * Values that fit a schema of the house's dialect, as fast-check arbitraries: deterministic by seed, and
 * they shrink.
 *
 * It knows the keywords that the schemas use and no more; an unknown type is a defect of the caller.
 */
import fc, { type Arbitrary } from "fast-check";
import type { SchemaNode, SchemaPlace, SchemaSet } from "../../../schemas/schema-tree.js";

const stringLengthMax = 64;
const surrogates = { from: 0xd800, count: 0x800 };

/**
 * Any code point but half a surrogate pair. fast-check's own unit "binary" draws the same, but makes a table of all
 * 1.1 million first, which takes most of a second.
 */
export const anyCharacter = fc.nat({ max: 0x10ffff - surrogates.count }).map(
  (index) => String.fromCodePoint(index < surrogates.from ? index : index + surrogates.count),
  (value) => {
    const codePoint = typeof value === "string" ? (value.codePointAt(0) ?? 0) : 0;
    if (typeof value !== "string" || value !== String.fromCodePoint(codePoint))
      throw new TypeError("is not one character");
    return codePoint < surrogates.from ? codePoint : codePoint - surrogates.count;
  },
);

function instants(): Arbitrary<string> {
  const from = Date.UTC(2000, 0, 1);
  return fc
    .tuple(fc.integer({ min: 0, max: 10 ** 9 }), fc.constantFrom(".000Z", "Z", ".5Z", ".123456Z"))
    .map(([seconds, fraction]) => {
      return new Date(from + seconds * 1000).toISOString().replace(/\.\d+Z$/, fraction);
    });
}

function strings(node: SchemaNode): Arbitrary<string> {
  if (node.format === "date-time") return instants();
  const minLength = node.minLength ?? 0;
  const maxLength = Math.max(minLength, Math.min(node.maxLength ?? stringLengthMax, stringLengthMax));
  // JSON Schema counts code points, and so does this unit.
  const any = fc.oneof(fc.string({ minLength, maxLength }), fc.string({ unit: anyCharacter, minLength, maxLength }));
  if (node.pattern === undefined) return any;
  const pattern = new RegExp(node.pattern, "u");
  if (!node.pattern.startsWith("^")) return any.filter((text) => pattern.test(text));
  return fc
    .stringMatching(pattern, { maxLength })
    .filter((text) => text.length >= minLength && text.length <= maxLength);
}

function numbers(node: SchemaNode): Arbitrary<number> {
  const min = node.minimum ?? (node.exclusiveMinimum === undefined ? -1e6 : node.exclusiveMinimum + 1e-3);
  const max = node.maximum ?? (node.exclusiveMaximum === undefined ? 1e6 : node.exclusiveMaximum - 1e-3);
  const edges = fc.constantFrom(min, max);
  if (node.type === "integer")
    return fc.oneof(fc.integer({ min: Math.ceil(min), max: Math.floor(max) }), edges.map(Math.trunc));
  const inside = fc
    .double({ min, max, noNaN: true })
    .map((value) => Math.min(max, Math.max(min, Math.round(value * 100) / 100)));
  return fc.oneof(inside, edges).map((value) => (Object.is(value, -0) ? 0 : value));
}

/** Values of a schema node; `set` and `base` tell where its references lead. */
function valuesOf(set: SchemaSet, node: SchemaNode, base: string): Arbitrary<unknown> {
  const here = set.follow(node, base);
  const { type, properties = {}, required = [], minProperties = 0, items, enum: values, anyOf } = here.node;
  if (values !== undefined) return fc.constantFrom(...values);
  if (here.node.const !== undefined) return fc.constant(here.node.const);
  if (Array.isArray(type))
    return fc.oneof(...(type as readonly string[]).map((one) => valuesOf(set, { ...here.node, type: one }, here.base)));
  switch (type) {
    case "string":
      return strings(here.node);
    case "integer":
    case "number":
      return numbers(here.node);
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(valuesOf(set, items ?? { type: "string" }, here.base), {
        minLength: here.node.minItems ?? 0,
        maxLength: Math.min(here.node.maxItems ?? 3, 3),
      });
    default: {
      const members = Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, valuesOf(set, property, here.base)]),
      );
      // What one of several branches requires is there in every value: the shortest way to satisfy one of them.
      const needed = [...required, ...(anyOf?.[0]?.required ?? [])];
      const record = fc.record(members, { requiredKeys: needed });
      return minProperties === 0 ? record : record.filter((value) => Object.keys(value).length >= minProperties);
    }
  }
}

/** Values drawn by seed. */
export function sampleValues(set: SchemaSet, at: SchemaPlace, seed: number, count: number): unknown[] {
  return fc.sample(valuesOf(set, at.node, at.base), { seed, numRuns: count });
}

/** A 32-bit number from the text of a seed (FNV-1a), because that is what fast-check takes. */
export function seedNumber(seed: string): number {
  let hash = 0x811c9dc5;
  for (const character of seed) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return hash | 0;
}
