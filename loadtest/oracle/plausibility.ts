/**
 * Whether what a server reports of its simulation can be true.
 *
 * The oracle plays as many ticks as the server reports, so a wrong report would cost it memory and time without
 * bound. Each report is checked in itself, and against the one before.
 */
import { type Simulation, schemaFiles } from "../../schemas/index.js";

const { minimum: speedMin, maximum: speedMax } = schemaFiles["common.schema.json"].$defs.speed;
/** A server reports its last anchors, so many of them. */
export const anchorsMax = 32;
/** Ticks that may be stepped by hand between two reports. All of them are planned at once. */
export const stepTicksMax = 20_000;
/** Clocks, and ticks that leave late, may be off by this much. */
const toleranceMs = 2000;
const relativeError = 1e-6;
/** Longer decimal strings are beyond every clock. */
const digitsMax = 20;

type Anchor = Simulation["anchors"][number];

function checkInterval({ intervalNs }: Anchor, tickMs: number): string | undefined {
  if (intervalNs === 0) return undefined;
  const speed = (tickMs * 1e6) / intervalNs;
  if (speed >= speedMin * (1 - relativeError) && speed <= speedMax * (1 + relativeError)) return undefined;
  return `an anchor has an interval of ${intervalNs} ns for ticks of ${tickMs} ms; speeds are ${speedMin} to ${speedMax}`;
}

function checkAnchors({
  anchors,
  tick,
  tickMs,
  monotonicNs,
  monotonicUncertaintyNs = 0,
}: Simulation): string | undefined {
  if (anchors.length > anchorsMax) return `it has ${anchors.length} anchors, more than ${anchorsMax}`;
  let before: Anchor = { fromTick: 0, monotonicNs: "0", intervalNs: 0 };
  for (const anchor of anchors) {
    const wrong = checkInterval(anchor, tickMs);
    if (wrong !== undefined) return wrong;
    if (anchor.monotonicNs.length > digitsMax) return `an anchor's monotonicNs has ${anchor.monotonicNs.length} digits`;
    if (anchor.fromTick < before.fromTick || BigInt(anchor.monotonicNs) < BigInt(before.monotonicNs))
      return `its anchors go back, from tick ${before.fromTick} to ${anchor.fromTick}`;
    before = anchor;
  }
  if (before.fromTick > tick) return `it is at tick ${tick}, and its last anchor begins at tick ${before.fromTick}`;
  // A leader may have set it whose clock the member knows to within so much.
  const latestNs = BigInt(monotonicNs) + BigInt(monotonicUncertaintyNs);
  if (BigInt(before.monotonicNs) > latestNs) return "its last anchor lies in the future";
  return undefined;
}

/** While it plays, anchor, speed and clock say where it is. */
function checkPace({ anchors, state, speed, tick, tickMs, monotonicNs }: Simulation): string | undefined {
  if (state !== "playing") return undefined;
  const anchor = anchors.at(-1);
  if (anchor === undefined) return "it is playing, and has no anchor";
  const intervalNs = (tickMs * 1e6) / speed;
  if (!(Math.abs(anchor.intervalNs - intervalNs) <= intervalNs * relativeError))
    return `its interval is ${anchor.intervalNs} ns, and a speed of ${speed} with ticks of ${tickMs} ms gives ${intervalNs} ns`;
  const elapsedNs = Number(BigInt(monotonicNs) - BigInt(anchor.monotonicNs));
  const due = anchor.fromTick + Math.floor((elapsedNs + toleranceMs * 1e6) / intervalNs) + 1;
  return tick <= due ? undefined : `it is at tick ${tick}, and by its clock tick ${due} is the last that can be due`;
}

/** What is wrong with a report by itself; undefined when nothing is. */
export function findContradiction(simulation: Simulation): string | undefined {
  const { start, tick, tickMs, time, monotonicNs } = simulation;
  if (Date.parse(time) !== Date.parse(start) + tick * tickMs)
    return `it is at tick ${tick} and ${time}, but ${tick} ticks of ${tickMs} ms after ${start} is another time`;
  if (monotonicNs.length > digitsMax) return `its monotonicNs has ${monotonicNs.length} digits`;
  return checkAnchors(simulation) ?? checkPace(simulation);
}

/** What the reader knows beside the two reports. */
export interface Between {
  /** The last tick that was due by the anchors of the report before. */
  readonly dueTick: number;
  /** Since the report before was asked for. */
  readonly elapsedMs: number;
  /** How far an anchor of the new report lies behind this instant, milliseconds. */
  readonly ageMs: (anchor: Anchor) => number;
}

const identity = ["simulatorVersion", "seed", "scenario", "scenarioDigest", "start", "tickMs"] as const;

/** In what the reports of two servers cannot be about one market; undefined where they can. */
export function findDisagreement(one: Simulation, other: Simulation): string | undefined {
  const field = ([...identity, "bootId"] as const).find((name) => one[name] !== other[name]);
  if (field !== undefined) return `their ${field} is ${JSON.stringify(one[field])} and ${JSON.stringify(other[field])}`;
  return findOtherGrid(one.anchors, other.anchors);
}

/** Anchors are stretches of one list that grows at its end and loses its beginning; who has just joined may have none. */
function findOtherGrid(one: readonly Anchor[], other: readonly Anchor[]): string | undefined {
  const [first, otherFirst] = [one[0], other[0]];
  if (first === undefined || otherFirst === undefined) return undefined;
  const at = other.findIndex((anchor) => isSameAnchor(anchor, first));
  const from = one.findIndex((anchor) => isSameAnchor(anchor, otherFirst));
  if (at < 0 && from < 0 && (isBeyond(one, other) || isBeyond(other, one))) return undefined;
  const [long, short] = at >= 0 ? [other.slice(at), one] : [one.slice(Math.max(0, from)), other];
  const different = short.find((anchor, index) => index < long.length && !isSameAnchor(anchor, long[index]!));
  return different && `the instants of their ticks differ from tick ${different.fromTick} on`;
}

/** Whether a full stretch begins behind the end of another one. */
function isBeyond(full: readonly Anchor[], other: readonly Anchor[]): boolean {
  const [first, last] = [full[0]!, other.at(-1)!];
  return full.length === anchorsMax && BigInt(first.monotonicNs) > BigInt(last.monotonicNs);
}

function isSameAnchor(one: Anchor, other: Anchor): boolean {
  return (
    one.fromTick === other.fromTick && one.monotonicNs === other.monotonicNs && one.intervalNs === other.intervalNs
  );
}

/** Whether a report is of an earlier moment of the same timeline than another one. */
export function isEarlier(one: Simulation, other: Simulation): boolean {
  const lastNs = ({ anchors }: Simulation): bigint => BigInt(anchors.at(-1)?.monotonicNs ?? 0);
  return one.tick < other.tick || lastNs(one) < lastNs(other);
}

/** How a report contradicts the one before it on the same timeline; undefined when it does not. */
export function findLeap(before: Simulation, now: Simulation, between: Between): string | undefined {
  const changed = identity.find((field) => now[field] !== before[field]);
  if (changed !== undefined) return `its ${changed} changed from ${before[changed]} to ${now[changed]}`;
  if (now.tick < before.tick) return `its tick went back from ${before.tick} to ${now.tick}`;
  if (now.slips < before.slips) return `its slips went back from ${before.slips} to ${now.slips}`;
  const { dueTick, elapsedMs, ageMs } = between;
  const known = before.anchors.at(-1);
  const news = now.anchors.filter(
    ({ fromTick, monotonicNs }) =>
      known === undefined || fromTick > known.fromTick || BigInt(monotonicNs) > BigInt(known.monotonicNs),
  );
  for (const anchor of news) {
    if (ageMs(anchor) > elapsedMs + toleranceMs)
      return `a new anchor at tick ${anchor.fromTick} lies before the last report`;
  }
  const kept = now.anchors.find(
    ({ fromTick, monotonicNs }) => fromTick === known?.fromTick && monotonicNs === known.monotonicNs,
  );
  if (known !== undefined && kept !== undefined && kept.intervalNs !== known.intervalNs)
    return `the interval of its anchor at tick ${known.fromTick} changed from ${known.intervalNs} to ${kept.intervalNs} ns`;
  const fastestNs = Math.min(...[known, ...news].map((anchor) => anchor?.intervalNs || Infinity));
  const played = Math.ceil(((elapsedMs + toleranceMs) * 1e6) / fastestNs);
  const last = Math.max(dueTick, before.tick) + played + stepTicksMax;
  return now.tick <= last
    ? undefined
    : `its tick leapt from ${before.tick} to ${now.tick} within ${Math.round(elapsedMs)} ms, more than ${stepTicksMax} ticks beyond its pace`;
}
