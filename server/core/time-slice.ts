/** A long piece of work in slices, between which others get their turn. */
import { monotonicNs } from "./timers.js";

const sliceNs = 8_000_000n;

/** Works on, a piece at a time, until all is done or the slice is over. */
export function runSlice(isDone: () => boolean, runPiece: () => void): void {
  const endsNs = monotonicNs() + sliceNs;
  while (!isDone() && monotonicNs() < endsNs) runPiece();
}
