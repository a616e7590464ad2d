/** What a benchmark is, how contestants take turns in it, and how their figures are written. */
import { median } from "../realism/statistics.js";

/** `tiny` runs in `npm test`, so that a benchmark cannot rot; `full` gives the figures. */
export type BenchSize = "tiny" | "full";

export interface BenchResult {
  readonly name: string;
  /** Figures for people, as ratios to a peer in the same run. */
  readonly lines: readonly string[];
  /** SHA-256 of what was computed: a run that is faster because it does less has another one. */
  readonly hash: string;
}

export interface BenchModule {
  run(size: BenchSize): Promise<BenchResult>;
  /** Where there is one: this build to the one in that folder. */
  compare?(size: BenchSize, build: string): Promise<BenchResult>;
}

export interface Turns {
  readonly rounds: number;
  /** Rounds before those that count. @default 0 */
  readonly warmups?: number;
  /** Whether every second round goes backwards. @default false */
  readonly alternating?: boolean;
}

/**
 * Measures each contestant in each round, one after the other: machines drift by more than contestants differ, so that
 * only what is measured close together can be compared.
 */
export async function takeTurns<Name extends string, Result>(
  names: readonly Name[],
  { rounds, warmups = 0, alternating = false }: Turns,
  measure: (name: Name, round: number) => Promise<Result>,
): Promise<Record<Name, Result>[]> {
  const results: Record<Name, Result>[] = [];
  for (let round = -warmups; round < rounds; round++) {
    const measured: [Name, Result][] = [];
    const order = alternating && round % 2 !== 0 ? names.toReversed() : names;
    for (const name of order) measured.push([name, await measure(name, round)]);
    if (round >= 0) results.push(Object.fromEntries(measured) as Record<Name, Result>);
  }
  return results;
}

/** Median of a figure over the rounds. */
export function medianOf<Round>(rounds: readonly Round[], figure: (round: Round) => number): number {
  return median(rounds.map(figure));
}

/** A cell of a table: a number at the right edge. */
export function cell(value: number, digits: number, width: number): string {
  return value.toFixed(digits).padStart(width);
}

/** The one hash that all contestants have. */
export function requireEqual(hashes: readonly string[], what: string): string {
  const [first, ...others] = new Set(hashes);
  if (first === undefined || others.length > 0) throw new Error(`not all ${what} are the same`);
  return first;
}
