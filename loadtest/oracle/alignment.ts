/**
 * Compares a stretch of received frames with the stretch that was expected in its place.
 *
 * Statuses recur, so equal frames prove nothing by themselves: the longest common subsequence fixes
 * what arrived in order, and only what it leaves over is a fault.
 */
import { findOutOfOrder } from "./majority-order.js";

/** What became of each frame of the two stretches, by their indexes. */
export interface Alignment {
  /** Pairs in order: [received, expected]. */
  readonly inOrder: readonly (readonly [number, number])[];
  /** Pairs of equal content out of order. */
  readonly reordered: readonly (readonly [number, number])[];
  /** Pairs that stand in the same gap with different content. */
  readonly replaced: readonly (readonly [number, number])[];
  /** Received, and nothing expected is left for it. */
  readonly extra: readonly number[];
  /** Expected, and nothing received is left for it. */
  readonly missing: readonly number[];
}

const nothing: Alignment = { inOrder: [], reordered: [], replaced: [], extra: [], missing: [] };

/** Beyond this many cells the exact comparison is one of the stretches between frames that cannot be mistaken. */
const exactCellsMax = 1_000_000;

type Pairs = [row: number, column: number][];

function longestCommonSubsequence(received: readonly string[], expected: readonly string[]): Pairs {
  const rows = received.length;
  const columns = expected.length;
  if (rows * columns > exactCellsMax) return matchBetweenAnchors(received, expected);
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const at = row * width + column;
      lengths[at] =
        received[row] === expected[column]
          ? lengths[at + width + 1]! + 1
          : Math.max(lengths[at + width]!, lengths[at + 1]!);
    }
  }
  const pairs: Pairs = [];
  let row = 0;
  let column = 0;
  while (row < rows && column < columns) {
    const at = row * width + column;
    if (received[row] === expected[column]) pairs.push([row++, column++]);
    else if (lengths[at + width]! > lengths[at + 1]!) row += 1;
    else column += 1;
  }
  return pairs;
}

/** Where each text is that is there once. */
function findSingles(texts: readonly string[]): Map<string, number> {
  const places = new Map<string, number>();
  const recurring = new Set<string>();
  texts.forEach((text, at) => {
    if (places.has(text)) recurring.add(text);
    else places.set(text, at);
  });
  for (const text of recurring) places.delete(text);
  return places;
}

/** Patience diff: texts that both have once, as many as are in one order, and between them the exact comparison. */
function matchBetweenAnchors(received: readonly string[], expected: readonly string[]): Pairs {
  const columns = findSingles(expected);
  const common: Pairs = [...findSingles(received)].flatMap(([text, row]) => {
    const column = columns.get(text);
    return column === undefined ? [] : [[row, column]];
  });
  const displaced = new Set(findOutOfOrder(common.map(([, column]) => column)));
  const anchors = common.filter((_, at) => !displaced.has(at));
  if (anchors.length === 0) return matchForward(received, expected);
  const pairs: Pairs = [];
  let [rowMin, columnMin] = [0, 0];
  for (const [row, column] of [...anchors, [received.length, expected.length] as const]) {
    const between = longestCommonSubsequence(received.slice(rowMin, row), expected.slice(columnMin, column));
    for (const [at, to] of between) pairs.push([rowMin + at, columnMin + to]);
    if (row < received.length) pairs.push([row, column]);
    [rowMin, columnMin] = [row + 1, column + 1];
  }
  return pairs;
}

/** Where all frames recur: it may overstate what is missing, and reordering. */
function matchForward(received: readonly string[], expected: readonly string[]): Pairs {
  const pairs: Pairs = [];
  let column = 0;
  received.forEach((text, row) => {
    const found = expected.indexOf(text, column);
    if (found < 0) return;
    pairs.push([row, found]);
    column = found + 1;
  });
  return pairs;
}

/** Of several copies in a row the first is meant, by every subscriber alike. */
function preferFirstCopies(
  pairs: readonly (readonly [number, number])[],
  received: readonly string[],
  expected: readonly string[],
): [number, number][] {
  let [rowMin, columnMin] = [0, 0];
  return pairs.map((pair) => {
    let [row, column] = pair;
    while (row > rowMin && received[row - 1] === received[row]) row -= 1;
    while (column > columnMin && expected[column - 1] === expected[column]) column -= 1;
    [rowMin, columnMin] = [row + 1, column + 1];
    return [row, column];
  });
}

function append<Key>(lists: Map<Key, number[]>, key: Key, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Unpaired indexes of the gap before each in-order pair, and after the last. */
function gapOf(pairs: readonly (readonly [number, number])[], side: 0 | 1, index: number): number {
  let gap = 0;
  while (gap < pairs.length && pairs[gap]![side] < index) gap += 1;
  return gap;
}

/** `isRepeat` tells whether a text was received before: such a frame is extra, whatever is missing beside it. */
export function align(
  received: readonly string[],
  expected: readonly string[],
  isRepeat: (text: string) => boolean = () => false,
): Alignment {
  if (received.length === 0) return { ...nothing, missing: expected.map((_, column) => column) };
  const inOrder = preferFirstCopies(longestCommonSubsequence(received, expected), received, expected);
  const taken = new Set(inOrder.map(([row]) => row));
  const met = new Set(inOrder.map(([, column]) => column));
  const missing = new Map<string, number[]>();
  expected.forEach((text, column) => {
    if (!met.has(column)) append(missing, text, column);
  });
  const reordered: [number, number][] = [];
  const extra: number[] = [];
  received.forEach((text, row) => {
    if (taken.has(row)) return;
    const column = missing.get(text)?.shift();
    if (column === undefined) extra.push(row);
    else reordered.push([row, column]);
  });
  const left = [...missing.values()].flat().toSorted((a, b) => a - b);
  const repeats = extra.filter((row) => isRepeat(received[row]!));
  const fresh = extra.filter((row) => !isRepeat(received[row]!));
  const { replaced, extra: alone, missing: lost } = pairGaps(inOrder, fresh, left);
  return { inOrder, reordered, replaced, extra: [...repeats, ...alone].toSorted((a, b) => a - b), missing: lost };
}

function pairGaps(
  inOrder: readonly (readonly [number, number])[],
  extra: readonly number[],
  missing: readonly number[],
): Pick<Alignment, "replaced" | "extra" | "missing"> {
  const columnsByGap = new Map<number, number[]>();
  for (const column of missing) {
    const gap = gapOf(inOrder, 1, column);
    append(columnsByGap, gap, column);
  }
  const replaced: [number, number][] = [];
  const alone: number[] = [];
  for (const row of extra) {
    const column = columnsByGap.get(gapOf(inOrder, 0, row))?.shift();
    if (column === undefined) alone.push(row);
    else replaced.push([row, column]);
  }
  return { replaced, extra: alone, missing: [...columnsByGap.values()].flat() };
}

/** Compares the frames of each kind with those expected of it: how kinds are mixed does not matter. */
export function alignByKind(
  received: readonly string[],
  expected: readonly string[],
  kindOf: (text: string) => boolean,
  isRepeat: (text: string) => boolean,
): Alignment {
  const parts = [true, false].map((kind) => {
    const rows = indexesOf(received, kindOf, kind);
    const columns = indexesOf(expected, kindOf, kind);
    const textsAt = (texts: readonly string[], indexes: readonly number[]) => indexes.map((index) => texts[index]!);
    const part = align(textsAt(received, rows), textsAt(expected, columns), isRepeat);
    const pairs = (list: readonly (readonly [number, number])[]) =>
      list.map(([row, column]) => [rows[row]!, columns[column]!] as const);
    return {
      inOrder: pairs(part.inOrder),
      reordered: pairs(part.reordered),
      replaced: pairs(part.replaced),
      extra: part.extra.map((row) => rows[row]!),
      missing: part.missing.map((column) => columns[column]!),
    };
  });
  const ascending = (a: number, b: number) => a - b;
  return {
    inOrder: parts.flatMap(({ inOrder }) => inOrder),
    reordered: parts.flatMap(({ reordered }) => reordered),
    replaced: parts.flatMap(({ replaced }) => replaced),
    extra: parts.flatMap(({ extra }) => extra).toSorted(ascending),
    missing: parts.flatMap(({ missing }) => missing).toSorted(ascending),
  };
}

function indexesOf(texts: readonly string[], kindOf: (text: string) => boolean, kind: boolean): number[] {
  return texts.flatMap((text, index) => (kindOf(text) === kind ? [index] : []));
}
