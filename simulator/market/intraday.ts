/**
 * The shape of a session: lively at the open, quiet at noon, livelier towards the close.
 *
 * A table of 390 steps, one for each minute of a session of six and a half hours, scaled so that the mean
 * of its squares is 1: the shape moves volatility about within a session and leaves the day's as it was.
 */
import type { ScenarioIntraday } from "../../schemas/index.js";
import { exp } from "../numeric/exp-log.js";

const steps = 390;

export function tabulateIntraday(shape: Required<ScenarioIntraday>): Float64Array {
  const table = new Float64Array(steps);
  let squares = 0;
  for (let step = 0; step < steps; step++) {
    const share = (step + 0.5) / steps;
    const level =
      shape.floor + shape.open * exp(-share / shape.openDecay) + shape.close * exp(-(1 - share) / shape.closeDecay);
    table[step] = level;
    squares += level * level;
  }
  const scale = Math.sqrt(steps / squares);
  for (let step = 0; step < steps; step++) table[step]! *= scale;
  return table;
}

/** The activity when this share (0 to below 1) of a session is gone. */
export function activityAt(table: Float64Array, share: number): number {
  return table[Math.min(steps - 1, Math.floor(share * steps))]!;
}
