import { expect, test } from "vitest";
import { stanceOf, voiceOf, voices } from "./voices.js";

test.each([
  ["Trader", "trader"],
  ["Risk officer", "risk"],
  ["Head of trading risk", "risk"],
  ["NEWS EDITOR", "news"],
  ["Macro strategist", "macro"],
  ["Quant", "quant"],
  ["Contrarian", "contrarian"],
  ["Gardener", "analyst"],
])("a %s speaks as %s", (role, voice) => {
  expect(voiceOf(role)).toBe(voice);
});

const chances = Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000);

function shareOf(stance: string, voice: (typeof voices)[number], direction: number): number {
  return chances.filter((chance) => stanceOf(voice, direction, chance) === stance).length / chances.length;
}

test("a trader goes with the move, a contrarian against it, and both are as bold downwards", () => {
  expect(shareOf("buy", "trader", 1)).toBeCloseTo(0.6, 2);
  expect(shareOf("sell", "trader", -1)).toBeCloseTo(0.6, 2);
  expect(shareOf("sell", "contrarian", 1)).toBeCloseTo(0.8, 2);
  expect(shareOf("buy", "contrarian", -1)).toBeCloseTo(0.8, 2);
});

test.each(voices)("without a move, %s is as likely to buy as to sell", (voice) => {
  expect(shareOf("buy", voice, 0)).toBeCloseTo(shareOf("sell", voice, 0), 2);
});
