/** The words are data; these tests hold all of them to the rules that the reader of the data relies on. */
import { expect, test } from "vitest";
import { type Facts, expand, references } from "./grammar.js";
import { language, replyRules, routineRules, triggerRules } from "./language.js";
import { voices } from "./voices.js";

/** Values that the facts may have where they select a variant. */
const values: Readonly<Record<string, readonly string[]>> = {
  dir: ["up", "down", "flat"],
  way: ["up", "down"],
  mood: ["calm", "normal", "tense", "wild"],
  reach: ["near", "far"],
  phase: ["early", "middle", "late"],
  drift: ["up", "down", "flat"],
  regime: ["calm", "normal", "stress"],
  stance: ["buy", "sell", "wait"],
  voice: voices,
  trade: ["tech", "fin", "cons", "health", "mat", "comm", "energy", "staples", "util", "ind", "real", "unheardof"],
};

/** What is known whenever there is a subject. */
const known: Facts = {
  clock: "14:30",
  sector: "Technology",
  value: "1250.50",
  change: "+0.83%",
  size: "0.83%",
  above: "1255",
  below: "1245",
  count: "11",
  ups: "7",
  downs: "4",
  rank: "2",
  was: "1249.90",
  mean: "+0.10%",
  leader: "Energy",
  leaderChange: "+1.20%",
  laggard: "Utilities",
  laggardChange: "-0.40%",
  spread: "1.60%",
};

/** What a trigger adds to that. */
const told: Readonly<Record<string, Facts>> = {
  jump: { move: "0.42%" },
  minute: { move: "0.42%", sigma: "3.4" },
  agentOutage: { missing: "Crude Signal" },
  visitor: { visitor: "Ada" },
};
const answers = [...new Set(replyRules), "reply.answer"];

/** Every rule that may begin a text, with what is known then. */
const beginnings: readonly (readonly [rule: string, facts: Facts])[] = [
  ...[...new Set(routineRules), "opening", "quiet"].map((rule) => [rule, { ...known, topic: "routine" }] as const),
  ...["routine", "board", "tape", "opening"].flatMap((topic) =>
    answers.map((rule) => [rule, { ...known, topic }] as const),
  ),
  ...Object.entries(triggerRules).flatMap(([kind, { first, told: opener, later, topic }]) =>
    [first, opener, later, ...answers].map(
      (rule) => [rule, { ...known, whisper: "a contract is lost", ...told[kind], kind, topic }] as const,
    ),
  ),
];

/** Names of the rules that a reference may lead to, for all values of its selectors. */
function targets(name: string, selectors: readonly string[], facts: Facts): string[] {
  let variants = [name];
  for (const selector of selectors) {
    const choices = facts[selector] === undefined ? values[selector] : [facts[selector]];
    if (choices === undefined) throw new Error(`${name} selects by ${selector}, which no text knows`);
    variants = variants.flatMap((variant) => choices.map((choice) => `${variant}@${choice}`));
  }
  return variants.map((variant) => {
    let rule = variant;
    while (!language.has(rule) && rule.includes("@")) rule = rule.slice(0, rule.lastIndexOf("@"));
    return rule;
  });
}

interface Walk {
  readonly facts: Facts;
  readonly seen: Set<string>;
  /** What is wrong with a rule, by its name. */
  readonly faults: Map<string, string>;
}

/** Adds the rules that a rule leads to, and where one leads to that is none. */
function walk(rule: string, { facts, seen, faults }: Walk, path: readonly string[] = []): void {
  const way = path.length === 0 ? "a text" : path.join(" > ");
  if (!language.has(rule)) faults.set(rule, `${way} leads to ${rule}, which is neither rule nor fact`);
  else if (path.includes(rule)) faults.set(rule, `${way} leads back to ${rule}`);
  if (faults.has(rule) || seen.has(rule)) return;
  seen.add(rule);
  for (const { name, selectors } of references(language, rule)) {
    if (selectors.length === 0 && facts[name] !== undefined) continue;
    for (const target of targets(name, selectors, facts)) walk(target, { facts, seen, faults }, [...path, rule]);
  }
}

test("all that a text refers to is known, whatever it is about and whoever says it; and every rule is in some text", () => {
  const reached = new Set<string>();
  const faults = new Map<string, string>();
  for (const [rule, facts] of beginnings) {
    const seen = new Set<string>();
    walk(rule, { facts, seen, faults });
    for (const one of seen) reached.add(one);
  }
  expect([...faults.values()], "add the rules to a file of simulator/agents/language/phrases/").toEqual([]);
  expect([...language.keys()].filter((rule) => !reached.has(rule))).toEqual([]);
});

test("no phrase stands twice in a rule", () => {
  const twice = [...language].flatMap(([rule, { alternatives }]) => {
    // A frame, made of nothing but references, may stand twice, to come twice as often.
    const phrases = alternatives.filter((parts) => parts.some((part) => typeof part === "string" && /\w/.test(part)));
    const texts = phrases.map((parts) => `${rule}: ${JSON.stringify(parts)}`);
    return texts.filter((text, i) => texts.indexOf(text) !== i);
  });
  expect(twice).toEqual([]);
});

test("every text is a text: no braces, no double spaces, an end, and not too long", () => {
  const faults: string[] = [];
  for (const [rule, facts] of beginnings) {
    for (const [turn, voice] of [...voices, ...voices, ...voices].entries()) {
      const pick = (name: string) => values[name][(turn + name.length) % values[name].length];
      const chosen = Object.fromEntries(Object.keys(values).map((name) => [name, pick(name)]));
      const text = expand(language, rule, [chosen, facts, { voice }], (_key, size) => turn % size);
      const fits = /^[^{}]{5,300}$/.test(text) && /[.?!:]$/.test(text) && !/ {2}|undefined|NaN/.test(text);
      if (!fits) faults.push(`${rule}: ${text}`);
    }
  }
  expect(faults).toEqual([]);
});
