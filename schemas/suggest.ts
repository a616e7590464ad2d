/** The known name that a mistyped one was probably meant to be. */

/** Insertions, deletions, replacements and swaps of neighbours that lead from one text to the other. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (isSame ? 0 : 1));
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwap) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}

const lengthMax = 64;

/**
 * The nearest of the known names, where it is near enough to be what was meant.
 *
 * @example suggest("sead", ["seed", "speed"]) // "seed"
 */
export function suggest(name: string, known: readonly string[]): string | undefined {
  if (name.length > lengthMax) return undefined;
  const plain = name.toLowerCase();
  let nearest: string | undefined;
  let distanceMin = Math.max(1, Math.floor(plain.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(plain, candidate.toLowerCase());
    if (distance < distanceMin) [nearest, distanceMin] = [candidate, distance];
  }
  return nearest;
}

/** What to write instead of an unknown name: ` Did you mean "seed"?`, or all the names there are. */
export function didYouMean(name: string, known: readonly string[], kind: string): string {
  const nearest = suggest(name, known);
  return nearest === undefined ? `${kind}: ${known.join(", ")}.` : `Did you mean ${nearest}?`;
}
