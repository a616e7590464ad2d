/**
 * What a speaker knows of the market when it speaks: the subject, and the board of the sectors that its room follows.
 *
 * Nothing here depends on the speaker, and nothing on sectors that the room does not follow.
 */
import { clockTime, price, roundLevels, signed, size } from "./number-text.js";
import type { Facts } from "./grammar.js";
import type { MarketSignal, SectorSignal } from "../../core/signals.js";

/** Shares of a session up to which it is early, and from which it is in the middle, past it, and late. */
const early = 0.08;
const middle = [0.35, 0.65] as const;
const late = 0.9;
/** Changes of a session, and changes since somebody spoke, that are smaller than this are none. */
const flatPercent = 0.04;
const driftPercent = 0.01;
/** A sector that has come so far since the open is no longer drifting. */
const farPercent = 1;
/** A board whose average has come so far is no longer orderly, whatever the volatility of the moment. */
const wildPercent = 2.5;

/** @param liveliness volatility of the moment, the time of day included; 1 is the average */
export function moodOf(liveliness: number): "calm" | "normal" | "tense" {
  if (liveliness < 0.65) return "calm";
  return liveliness < 1.7 ? "normal" : "tense";
}

export function phaseOf(sessionShare: number | undefined): "early" | "middle" | "late" | undefined {
  if (sessionShare === undefined) return undefined;
  if (sessionShare < early) return "early";
  if (sessionShare >= late) return "late";
  return sessionShare >= middle[0] && sessionShare < middle[1] ? "middle" : undefined;
}

export function directionOf(percent: number, flat: number = flatPercent): "up" | "down" | "flat" {
  if (Math.abs(percent) < flat) return "flat";
  return percent > 0 ? "up" : "down";
}

/** Facts about the market as a whole. */
export function factsOfMarket({ nowMs, stress, phi, sessionShare }: MarketSignal): Facts {
  return { clock: clockTime(nowMs), mood: moodOf(stress * phi), phase: phaseOf(sessionShare) };
}

/** Facts about the sector that is spoken of. */
export function factsOfSubject({ name, value, changePercent }: SectorSignal): Facts {
  return {
    sector: name,
    value: price(value),
    change: signed(changePercent),
    size: size(changePercent),
    dir: directionOf(changePercent),
    reach: Math.abs(changePercent) < farPercent ? "near" : "far",
    ...roundLevels(value),
  };
}

/** Facts about what has become of the price since the talk about it began. */
export function factsOfDrift({ value }: SectorSignal, before: number): Facts {
  return { was: price(before), drift: directionOf((value / before - 1) * 100, driftPercent) };
}

/**
 * Facts about the board: who leads, who lags, how many are up, and where the subject stands.
 *
 * They come after those of the market: a wild board makes a wild mood.
 */
export function factsOfBoard(board: readonly SectorSignal[], subject: SectorSignal): Facts {
  const leader = board.reduce((best, sector) => (sector.changePercent > best.changePercent ? sector : best));
  const laggard = board.reduce((worst, sector) => (sector.changePercent < worst.changePercent ? sector : worst));
  let sum = 0;
  let ups = 0;
  let downs = 0;
  let rank = 1;
  for (const { changePercent } of board) {
    sum += changePercent;
    if (changePercent > 0) ups += 1;
    if (changePercent < 0) downs += 1;
    if (changePercent > subject.changePercent) rank += 1;
  }
  const mean = sum / board.length;
  return {
    ...(Math.abs(mean) >= wildPercent && { mood: "wild" }),
    count: `${board.length}`,
    ups: `${ups}`,
    downs: `${downs}`,
    rank: `${rank}`,
    mean: signed(mean),
    leader: leader.name,
    leaderChange: signed(leader.changePercent),
    laggard: laggard.name,
    laggardChange: signed(laggard.changePercent),
    spread: size(leader.changePercent - laggard.changePercent),
  };
}
