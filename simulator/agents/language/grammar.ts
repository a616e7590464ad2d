/**
 * Turns a rule of a grammar into a text.
 *
 * A grammar is data: each rule has alternatives, each alternative may refer to facts and to other
 * rules as `{name}`, or as `{name@fact}` to the variant of a rule that the fact's value selects
 * (`{take@voice}` is `take@risk` for a risk voice). A missing variant falls back to a shorter name.
 *
 * Which alternative comes next is the shuffle bag's choice, not a random number's: see shuffle bag.ts.
 */

import { hashText } from "../core/hash.js";

/** Rules by name. */
export type Grammar = Readonly<Record<string, readonly string[]>>;

/** What an utterance is about. Facts are inserted as they are and never read as grammar. */
export type Facts = Readonly<Record<string, string | undefined>>;

/** Facts in layers, the later before the earlier: one object of all would cost more than the text. */
export type FactLayers = readonly Facts[];

function factOf(facts: FactLayers, name: string): string | undefined {
  for (let layer = facts.length - 1; layer >= 0; layer -= 1) {
    const fact = facts[layer]![name];
    if (fact !== undefined) return fact;
  }
  return undefined;
}

/**
 * Picks one of `size` alternatives of a rule.
 *
 * @param key hash of the rule, its variant included
 * @param slot the rule's name without variant, when the text so far asks for it whoever the author is
 */
export type Draw = (key: number, size: number, slot: string | undefined) => number;

interface Reference {
  readonly name: string;
  readonly selectors: readonly string[];
}

type Part = string | Reference;

interface Rule {
  readonly key: number;
  readonly alternatives: readonly (readonly Part[])[];
}

export type CompiledGrammar = ReadonlyMap<string, Rule>;

/** Facts that are the author's own; all others are the room's. */
const authorFacts: ReadonlySet<string> = new Set(["voice", "stance"]);

const reference = /\{([\w.-]+)((?:@[\w.-]+)*)\}/g;

function parse(alternative: string): readonly Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of alternative.matchAll(reference)) {
    if (match.index > end) parts.push(alternative.slice(end, match.index));
    const [whole, name = "", selectors = ""] = match;
    parts.push({ name, selectors: selectors.split("@").slice(1) });
    end = match.index + whole.length;
  }
  if (end < alternative.length) parts.push(alternative.slice(end));
  return parts;
}

/** Parses every alternative once. A rule that is defined twice is a mistake in the data. */
export function compileGrammar(...grammars: readonly Grammar[]): CompiledGrammar {
  const compiled = new Map<string, Rule>();
  for (const grammar of grammars) {
    for (const [rule, alternatives] of Object.entries(grammar)) {
      if (compiled.has(rule)) throw new Error(`The grammar defines ${rule} twice`);
      compiled.set(rule, { key: hashText(rule), alternatives: alternatives.map(parse) });
    }
  }
  return compiled;
}

/** Every fact and rule that the alternatives of a rule refer to. */
export function references(grammar: CompiledGrammar, rule: string): readonly Reference[] {
  const parts = grammar.get(rule)?.alternatives.flat() ?? [];
  return parts.filter((part) => typeof part !== "string");
}

/** The most specific rule that exists for the facts at hand. */
function resolve(grammar: CompiledGrammar, { name, selectors }: Reference, facts: FactLayers): Rule {
  for (let kept = selectors.length; kept >= 0; kept -= 1) {
    const variant = selectors.slice(0, kept).map((selector) => `@${factOf(facts, selector) ?? "none"}`);
    const rule = grammar.get(name + variant.join(""));
    if (rule !== undefined) return rule;
  }
  throw new Error(`The grammar has no rule ${[name, ...selectors].join("@")}`);
}

function expandReference(
  grammar: CompiledGrammar,
  reference: Reference,
  facts: FactLayers,
  draw: Draw,
  common: boolean,
): string {
  const { key, alternatives } = resolve(grammar, reference, facts);
  const inner = common && !reference.selectors.some((selector) => authorFacts.has(selector));
  let text = "";
  for (const part of alternatives[draw(key, alternatives.length, common ? reference.name : undefined)]!) {
    if (typeof part === "string") text += part;
    else {
      const fact = part.selectors.length === 0 ? factOf(facts, part.name) : undefined;
      text += fact ?? expandReference(grammar, part, facts, draw, inner);
    }
  }
  return text;
}

/** One text of a rule: sentences begin with a capital. */
export function expand(grammar: CompiledGrammar, rule: string, facts: FactLayers, draw: Draw): string {
  return expandReference(grammar, { name: rule, selectors: [] }, facts, draw, true).replaceAll(
    /(^|[.!?] )([a-z])/g,
    (_, before: string, letter: string) => before + letter.toUpperCase(),
  );
}
