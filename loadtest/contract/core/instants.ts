/**
 * Order of timestamps with any fraction of a second.
 *
 * As text, because a Date keeps milliseconds only and Python writes microseconds.
 */

function fractionOf(timestamp: string): string {
  return timestamp.slice(19, -1).replace(/^\./, "").replace(/0+$/, "");
}

/** Negative when `a` is before `b`. Both must be valid timestamps of the contract. */
export function compareInstants(a: string, b: string): number {
  const [wholeA, wholeB] = [a.slice(0, 19), b.slice(0, 19)];
  if (wholeA !== wholeB) return wholeA < wholeB ? -1 : 1;
  const [fractionA, fractionB] = [fractionOf(a), fractionOf(b)];
  return fractionA === fractionB ? 0 : fractionA < fractionB ? -1 : 1;
}
