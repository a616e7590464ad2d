import fc from "fast-check";
import { expect, test } from "vitest";
import { drawFromBag } from "./shuffle-bag.js";

const key = fc.integer({ min: 0, max: 0xffffffff });
const size = fc.integer({ min: 1, max: 60 });

function dealRound(key: number, size: number, round: number): number[] {
  return Array.from({ length: size }, (_, i) => drawFromBag(key, size, round * size + i));
}

test("every card comes once in each round", () => {
  fc.assert(
    fc.property(key, size, fc.nat(1000), (key, size, round) => {
      const cards = dealRound(key, size, round).sort((a, b) => a - b);
      expect(cards).toEqual(Array.from({ length: size }, (_, i) => i));
    }),
  );
});

test("at least half a deck lies between two appearances of a card", () => {
  fc.assert(
    fc.property(key, size, (key, size) => {
      const last = new Map<number, number>();
      for (let n = 0; n < size * 6; n += 1) {
        const card = drawFromBag(key, size, n);
        expect(n - (last.get(card) ?? -size)).toBeGreaterThanOrEqual(size / 2);
        last.set(card, n);
      }
    }),
  );
});

test("rounds differ, and so do decks", () => {
  const rounds = new Set(Array.from({ length: 20 }, (_, round) => dealRound(7, 24, round).join()));
  const decks = new Set(Array.from({ length: 20 }, (_, deck) => dealRound(deck, 24, 0).join()));
  expect(rounds.size).toBeGreaterThan(15);
  expect(decks.size).toBe(20);
});

test("over many decks each card is equally likely to come first", () => {
  const counts = Array.from({ length: 8 }, () => 0);
  for (let deck = 0; deck < 8000; deck += 1) counts[drawFromBag(deck * 2_654_435, 8, 0)] += 1;
  // Standard deviation 29.6; five of them.
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
