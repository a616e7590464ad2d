/** What of the market's movements is worth a word: jumps, and minutes beyond three standard deviations. */
import type { Trigger } from "./triggers.js";
import type { MarketSignal } from "../../core/signals.js";

const sigmaMin = 3;
/** A smaller jump drowns in the moves around it. */
const jumpMinPercent = 0.05;
const none: readonly Move[] = [];

export type Move = Trigger & { readonly sectorId: string; readonly percent: number };

/** The moves of this tick, the largest first; of equal ones the sector's with the smaller id. */
export function findMoves({ sectors }: MarketSignal): readonly Move[] {
  let found: Move[] | undefined;
  for (const { id, jumpPercent, minuteSigma, minutePercent } of sectors) {
    if (Math.abs(jumpPercent) >= jumpMinPercent)
      (found ??= []).push({ kind: "jump", sectorId: id, percent: jumpPercent });
    if (Math.abs(minuteSigma) < sigmaMin) continue;
    (found ??= []).push({ kind: "minute", sectorId: id, percent: minutePercent, sigma: minuteSigma });
  }
  return found?.sort((a, b) => Math.abs(b.percent) - Math.abs(a.percent)) ?? none;
}
