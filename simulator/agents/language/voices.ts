/**
 * Data: the voices in which agents speak, which roles have which, and which way each leans.
 *
 * A voice decides the words, not the moment: when a message comes is the room's business.
 */
export const voices = ["trader", "quant", "analyst", "risk", "news", "macro", "contrarian"] as const;
export type Voice = (typeof voices)[number];

/** What somebody makes of a price. */
export type Stance = "buy" | "sell" | "wait";

/** Parts of role names, the first that fits wins; others speak as analysts. */
const rolesOf: readonly (readonly [part: string, voice: Voice])[] = [
  ["risk", "risk"],
  ["contrar", "contrarian"],
  ["news", "news"],
  ["headline", "news"],
  ["press", "news"],
  ["macro", "macro"],
  ["econom", "macro"],
  ["strateg", "macro"],
  ["quant", "quant"],
  ["model", "quant"],
  ["research", "quant"],
  ["trad", "trader"],
  ["market mak", "trader"],
  ["execution", "trader"],
];

/** @example voiceOf("Risk officer") // "risk" */
export function voiceOf(role: string): Voice {
  const lower = role.toLowerCase();
  return rolesOf.find(([part]) => lower.includes(part))?.[1] ?? "analyst";
}

/** Probabilities to go with the move, and against it; the rest waits. */
const leanings: Readonly<Record<Voice, readonly [withIt: number, againstIt: number]>> = {
  trader: [0.6, 0.15],
  quant: [0.35, 0.3],
  analyst: [0.4, 0.35],
  risk: [0.15, 0.3],
  news: [0.2, 0.1],
  macro: [0.4, 0.3],
  contrarian: [0.05, 0.8],
};

/** What a voice makes of a move up (1), down (-1) or of none (0); `chance` lies between 0 and 1. */
export function stanceOf(voice: Voice, direction: number, chance: number): Stance {
  const [withIt, againstIt] = leanings[voice];
  if (chance >= withIt + againstIt) return "wait";
  if (direction === 0) return chance < (withIt + againstIt) / 2 ? "buy" : "sell";
  return chance < withIt === direction > 0 ? "buy" : "sell";
}
