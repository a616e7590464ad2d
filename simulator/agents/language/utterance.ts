/**
 * What is going to be said: the rule to begin with, the topic and the subject.
 *
 * Decided by the room alone, before anybody knows who is going to say it.
 */
import type { Occasion, Trigger } from "../core/triggers.js";
import { phaseOf } from "./facts.js";
import { signed, size } from "./number-text.js";
import type { Facts } from "./grammar.js";
import { type TriggerKind, questions, replyRules, routineRules, triggerRules } from "./language.js";
import type { MarketSignal, SectorSignal } from "../../core/signals.js";

/** What was said last, as far as an answer needs it. */
export interface Thread {
  readonly rule: string;
  readonly topic: string;
  readonly subjectId?: string;
  /** What the subject cost when the talk about it began. */
  readonly before?: number;
  readonly trigger?: Trigger;
  readonly atMs: number;
}

/** What is going to be said. */
export interface Intent {
  /** What the side record calls the cause. */
  readonly kind: string;
  readonly rule: string;
  readonly topic: string;
  readonly subjectId?: string;
  /** What the subject cost when the talk about it began; absent where it begins now. */
  readonly before?: number;
  readonly trigger?: Trigger;
}

/** Deals one of a list under a name of its own. */
export type DrawFrom = <T>(name: string, cards: readonly T[]) => T;

/** After so long nobody answers any more. */
const threadMs = 240_000;
/** A board of fewer sectors is none. */
const boardMin = 3;

function isTopical(kind: string): kind is TriggerKind {
  return Object.hasOwn(triggerRules, kind);
}

/** What a trigger makes somebody say. */
function provoked(trigger: Trigger, said: number): Intent | undefined {
  if (!isTopical(trigger.kind)) return undefined;
  const { first, told, later, topic } = triggerRules[trigger.kind];
  const { kind, sectorId: subjectId, text } = trigger;
  // People are told an answer where they ask for one; a scenario event is told where there is something to tell.
  const opener = (kind === "visitor" ? text?.includes("?") === true : text !== undefined) ? told : first;
  return { kind, rule: said === 0 ? opener : later, topic, trigger, ...(subjectId !== undefined && { subjectId }) };
}

function answer(thread: Thread, draw: DrawFrom): Intent {
  const { rule, topic, subjectId, before, trigger } = thread;
  return {
    kind: "reply",
    rule: questions.has(rule) ? "reply.answer" : draw("reply", replyRules),
    topic,
    ...(subjectId !== undefined && { subjectId }),
    ...(before !== undefined && { before }),
    ...(trigger !== undefined && { trigger }),
  };
}

/** What a remark is about, for those who answer it; the others are about a sector. */
const topics: Readonly<Record<string, string>> = { board: "board", mood: "tape", hour: "tape" };

function remark(signal: MarketSignal, boardSize: number, draw: DrawFrom): Intent {
  let rule: string = draw("routine", routineRules);
  if (rule === "hour" && phaseOf(signal.sessionShare) === undefined) rule = "mood";
  if (rule === "board" && boardSize < boardMin) rule = "level";
  return { kind: "routine", rule, topic: topics[rule] ?? "routine" };
}

/** What an occasion calls for. */
export function intend(
  occasion: Occasion,
  signal: MarketSignal,
  room: { readonly thread: Thread | undefined; readonly opening: boolean; readonly boardSize: number },
  draw: DrawFrom,
): Intent {
  const { thread, opening, boardSize } = room;
  const intent = occasion.kind === "trigger" ? provoked(occasion.trigger, occasion.said) : undefined;
  if (intent !== undefined) return intent;
  if (opening) return { kind: "opening", rule: "opening", topic: "opening" };
  if (occasion.kind !== "routine" && thread !== undefined && signal.nowMs - thread.atMs < threadMs) {
    return answer(thread, draw);
  }
  return remark(signal, boardSize, draw);
}

/** The followed sector that a text names, by id, name or the name's first word. */
export function subjectIn(text: string, board: readonly SectorSignal[]): SectorSignal | undefined {
  const words = ` ${text.toLowerCase().replaceAll(/[^a-z0-9-]+/g, " ")} `;
  return board.find(({ id, name }) => {
    const lower = name.toLowerCase();
    return [id.toLowerCase(), lower, lower.split(" ")[0]].some((word) => words.includes(` ${word} `));
  });
}

/** Facts about what happened. */
export function factsOfTrigger(trigger: Trigger, subject: SectorSignal): Facts {
  const { kind, percent, sigma, who, regime } = trigger;
  return {
    kind,
    whisper: trigger.text ?? `something is about to change in ${subject.name}`,
    ...(percent !== undefined && { move: size(percent), way: percent > 0 ? "up" : "down" }),
    ...(sigma !== undefined && { sigma: Math.abs(sigma).toFixed(1) }),
    ...(who !== undefined && { missing: who, visitor: who }),
    ...(regime !== undefined && { regime }),
  };
}

/** What the side record adds to the kind of a cause. */
export function detailOf({ rule, trigger }: Intent): string {
  if (trigger?.percent !== undefined) return signed(trigger.percent);
  return trigger?.text ?? trigger?.regime ?? rule;
}
