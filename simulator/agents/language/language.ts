/** All that agents can say, as one compiled grammar, and the names of the rules to begin with. */
import type { ScenarioEventType } from "../../../schemas/index.js";
import { type CompiledGrammar, compileGrammar } from "./grammar.js";
import { phrases } from "./generated.js";

/** All phrases, from the files in phrases/. */
export const language: CompiledGrammar = compileGrammar(...phrases);

/** The rules that a trigger's messages begin with: the first, the first where there is a text to tell, and the others. */
interface TriggerRules {
  readonly first: string;
  readonly told: string;
  readonly later: string;
  /** What their answers are about: the `stand@…` and other variants of it. */
  readonly topic: string;
}

/** Kinds of triggers: every kind of scenario event, the market's moves, and what people post. */
export const triggerRules = {
  jump: { first: "alert", told: "alert", later: "comment", topic: "move" },
  minute: { first: "alert", told: "alert", later: "comment", topic: "move" },
  rumour: { first: "rumour.first", told: "rumour.first", later: "rumour.later", topic: "rumour" },
  flashCrash: { first: "crash.first", told: "crash.told", later: "crash.later", topic: "crash" },
  sectorShock: { first: "shock.first", told: "shock.told", later: "shock.later", topic: "shock" },
  halt: { first: "halt.first", told: "halt.first", later: "halt.later", topic: "halt" },
  resume: { first: "resume.first", told: "resume.first", later: "resume.later", topic: "resume" },
  regime: { first: "regime.first", told: "regime.first", later: "regime.later", topic: "regime" },
  agentOutage: { first: "outage.first", told: "outage.first", later: "outage.later", topic: "outage" },
  chatterBurst: { first: "burst.first", told: "burst.told", later: "burst.later", topic: "burst" },
  visitor: { first: "reply.visitor", told: "reply.visitor.question", later: "reply.visitor", topic: "visitor" },
} as const satisfies Record<ScenarioEventType | "jump" | "minute" | "visitor", TriggerRules>;

export type TriggerKind = keyof typeof triggerRules;

/** What is said when nothing in particular happened, in the shares in which it is said. */
export const routineRules = [
  "level",
  "board",
  "plan",
  "question",
  "level",
  "mood",
  "plan",
  "board",
  "level",
  "hour",
  "question",
  "plan",
] as const;

/** Answers to a statement. A question gets `reply.answer`. */
export const replyRules = [
  "reply.agree",
  "reply.add",
  "reply.disagree",
  "reply.add",
  "reply.ask",
  "reply.agree",
  "reply.disagree",
  "reply.add",
] as const;

/** Types of messages that are more than text, by the rule that they begin with. */
const messageTypes: ReadonlyMap<string, string> = new Map([
  ["question", "question"],
  ["reply.ask", "question"],
  ["alert", "alert"],
  ["crash.first", "alert"],
  ["crash.told", "alert"],
  ["halt.first", "alert"],
  ["outage.first", "alert"],
  ["board", "analysis"],
]);

/** The type of a message that begins with a rule. */
export function typeOf(rule: string): string {
  return messageTypes.get(rule) ?? "text";
}

/** What asks for an answer. */
export const questions: ReadonlySet<string> = new Set(["question", "reply.ask"]);
