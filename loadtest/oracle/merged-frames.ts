/**
 * Lays the frames of several generators beside each other: which of them are the same, and in which order all came.
 *
 * Recurring frames prove nothing by themselves, as in a stretch of one subscriber: the longest common subsequence fixes
 * what is the same frame.
 */
import { align } from "./alignment.js";
import { sameMeaning } from "./content.js";
import type { ProposedDisorder } from "./stream-proposal.js";

/** A frame of the stream, as generators have it. */
export interface MergedFrame {
  readonly text: string;
  /** Its index in each generator's frames; below zero where it is missing. */
  readonly at: number[];
}

/** A frame that a generator has in another place than those before it. */
interface Inversion {
  readonly frame: MergedFrame;
  /** What follows it there; undefined at the end. */
  readonly before: MergedFrame | undefined;
}

export interface MergedFrames {
  readonly frames: readonly MergedFrame[];
  readonly inversions: readonly Inversion[];
}

/** Further apart the same content is not the same frame. */
const inversionMax = 256;

/** Distinct contents by short names, which are compared faster. */
function shortNames(): (text: string) => string {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined) return known;
    const name = String(names.size);
    names.set(text, name);
    return name;
  };
}

function add(
  { frames, inversions }: MergedFrames,
  texts: readonly string[],
  generator: number,
  { nameOf, absent }: { readonly nameOf: (text: string) => string; readonly absent: readonly number[] },
): MergedFrames {
  let prefix = 0;
  while (prefix < texts.length && prefix < frames.length && texts[prefix] === frames[prefix]!.text)
    frames[prefix]!.at[generator] = prefix++;
  const [known, added] = [frames.slice(prefix), texts.slice(prefix)];
  const found = align(
    added.map(nameOf),
    known.map(({ text }) => nameOf(text)),
  );
  const columnOf = new Map(found.inOrder);
  for (const [row, column] of found.replaced)
    if (sameMeaning(known[column]!.text, added[row]!)) columnOf.set(row, column);
  const merged = frames.slice(0, prefix);
  const moved = new Map(found.reordered.filter(([row, column]) => Math.abs(row - column) < inversionMax));
  const inverted = [...inversions];
  const invert = (row: number, before: MergedFrame | undefined): void => {
    const frame = known[moved.get(row)!]!;
    frame.at[generator] = prefix + row;
    inverted.push({ frame, before });
  };
  const open: number[] = [];
  let column = 0;
  added.forEach((text, row) => {
    const same = columnOf.get(row);
    if (same === undefined) {
      if (moved.has(row)) open.push(row);
      else merged.push({ text, at: absent.with(generator, prefix + row) });
      return;
    }
    while (column <= same) merged.push(known[column++]!);
    known[same]!.at[generator] = prefix + row;
    for (const late of open.splice(0)) invert(late, known[same]);
  });
  merged.push(...known.slice(column));
  for (const late of open) invert(late, undefined);
  return { frames: merged, inversions: inverted };
}

/** @param texts of each generator, in its order */
export function mergeFrames(texts: readonly (readonly string[])[]): MergedFrames {
  const nameOf = shortNames();
  const absent = texts.map(() => -1);
  let merged: MergedFrames = {
    frames: texts[0]!.map((text, index) => ({ text, at: absent.with(0, index) })),
    inversions: [],
  };
  for (const [index, further] of texts.entries())
    if (index > 0) merged = add(merged, further, index, { nameOf, absent });
  return merged;
}

/** Frames whose order is in doubt, from the first to the last of them. */
export interface DisputedFrames {
  /** Indexes, ascending. */
  readonly frames: readonly number[];
  /** Those among them that generators have in different places. */
  readonly inverted: readonly number[];
  /** What each generator tells of them. */
  readonly told: readonly (readonly ProposedDisorder[])[];
}

/**
 * Frames that came in different orders, to different generators or within one.
 *
 * @param told by each generator, about indexes of its frames
 */
export function findDisputes(
  { frames, inversions }: MergedFrames,
  told: readonly (readonly ProposedDisorder[])[],
): DisputedFrames[] {
  const indexOf = new Map(frames.map((frame, index) => [frame, index]));
  const groups: { frames: Set<number>; inverted: number[]; told: ProposedDisorder[][] }[] = [];
  const join = (indexes: readonly number[], inverted: readonly number[], tellers: ProposedDisorder[][]) => {
    const joined = { frames: new Set(indexes), inverted: [...inverted], told: tellers };
    for (const group of groups.filter((other) => indexes.some((index) => other.frames.has(index)))) {
      groups.splice(groups.indexOf(group), 1);
      for (const index of group.frames) joined.frames.add(index);
      joined.inverted.push(...group.inverted);
      group.told.forEach((disorders, at) => joined.told[at]!.push(...disorders));
    }
    groups.push(joined);
  };
  for (const { frame, before } of inversions) {
    const place = indexOf.get(frame)!;
    const other = before === undefined ? frames.length - 1 : indexOf.get(before)!;
    const [from, to] = place < other ? [place, other] : [other, place];
    const all = Array.from({ length: to - from + 1 }, (_, at) => from + at);
    join(
      all,
      [place],
      told.map(() => []),
    );
  }
  told.forEach((disorders, generator) => {
    const nodeOf = new Map(frames.map(({ at }, index) => [at[generator]!, index]));
    for (const disorder of disorders) {
      const indexes = disorder.frames.map((at) => nodeOf.get(at) ?? -1);
      if (indexes.includes(-1)) continue;
      const tellers = told.map((_, at) => (at === generator ? [disorder] : []));
      join(indexes, [], tellers);
    }
  });
  return groups.map(({ frames: indexes, inverted, told: all }) => ({
    frames: [...indexes].toSorted((a, b) => a - b),
    inverted,
    told: all,
  }));
}
