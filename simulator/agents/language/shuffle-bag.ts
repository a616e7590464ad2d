/**
 * Deals the alternatives of a rule as one deals cards: all of them before any comes again.
 *
 * The n-th use gets the n-th card; the order is a function of a key and of n alone, so a shuffle bag has no
 * state beyond the counter that its caller keeps. A deck is two fixed halves, each reshuffled for every
 * round, so at least half a deck lies between two appearances of the same card, also across rounds.
 */
import { mix } from "../core/hash.js";

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Position `n` of a permutation of 0 … size-1: multiplication by a number coprime to the size, then a shift. */
function permute(size: number, n: number, key: number): number {
  if (size < 2) return 0;
  let factor = 1 + (key % (size - 1));
  while (greatestCommonDivisor(factor, size) !== 1) factor = factor === size - 1 ? 1 : factor + 1;
  return (factor * n + (mix(key, 1) % size)) % size;
}

/** The card that use `n` of a deck of `size` gets. */
export function drawFromBag(key: number, size: number, n: number): number {
  if (size < 2) return 0;
  const round = Math.floor(n / size);
  const place = n % size;
  const front = size - Math.floor(size / 2);
  const halfKey = mix(key, 2 * round + (place < front ? 0 : 1));
  const cut = place < front ? permute(front, place, halfKey) : front + permute(size - front, place - front, halfKey);
  // The halves themselves are a fixed shuffle of the deck, so that neighbours in the data part company.
  return permute(size, cut, key);
}
