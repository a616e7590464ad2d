/**
 * In which order the three servers have their rounds, and the blocks that come of it: one round of each server.
 *
 * After three blocks each server was first, second and third once; after six each also followed each other one equally
 * often. So neither what drifts nor what a server leaves behind counts for one of them.
 */
import type { AbRound } from "../../schemas/index.js";

export type AbSide = AbRound["server"];

export const sides: readonly AbSide[] = ["a", "b", "control"];

const orders: readonly (readonly AbSide[])[] = [
  ["a", "b", "control"],
  ["b", "control", "a"],
  ["control", "a", "b"],
  ["control", "b", "a"],
  ["a", "control", "b"],
  ["b", "a", "control"],
];

/** @param block its number, from 1 */
export function orderOf(block: number): readonly AbSide[] {
  return orders[(block - 1) % orders.length]!;
}

const names: Readonly<Record<AbSide, string>> = { a: "A", b: "B", control: "A'" };

/** As people call it. */
export function nameOf(side: AbSide): string {
  return names[side];
}

export type AbBlock = Readonly<Record<AbSide, AbRound>>;

/** The complete blocks, in order. */
export function blocksOf(rounds: readonly AbRound[]): AbBlock[] {
  const counted = rounds.filter(({ isCounted }) => isCounted);
  return [...new Set(counted.map(({ block }) => block))].flatMap((block) => {
    const [a, b, control] = sides.map((side) => counted.find((one) => one.block === block && one.server === side));
    return a === undefined || b === undefined || control === undefined ? [] : [{ a, b, control }];
  });
}
