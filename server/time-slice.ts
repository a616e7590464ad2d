/** A long piece of work in slices, between which others get their turn. */

const sliceNs = 8_000_000n;

/** Works on, a piece at a time, until all is done or the slice is over. */
export function runSlice(isDone: () => boolean, runPiece: () => void): void {
  const endsNs = process.hrtime.bigint() + sliceNs;
  while (!isDone() && process.hrtime.bigint() < endsNs) runPiece();
}
