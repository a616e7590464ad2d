/**
 * How late events reach this page.
 *
 * No event says when it was sent, but most carry the simulated instant, and the server tells where the simulation
 * is: when it changes, and once a second while it plays. An event from before a place that was heard of a while ago
 * is late by at least that while. Nothing is extrapolated, so a healthy page is never called late.
 */
import { signal } from "@preact/signals";
import type { Simulation } from "../../../schemas/generated/types.js";
import { Ring } from "./ring.js";

/** Where the simulation was, and when this page heard of it. */
export interface Place {
  /** Simulated instant, epoch milliseconds. */
  readonly simulatedMs: number;
  /** This page's clock, milliseconds. */
  readonly heardMs: number;
}

/** How far the page is behind. */
export interface Lateness {
  /** At least so long ago the newest event was sent. Milliseconds. */
  readonly ms: number;
  /** The simulation has gone on for so long since. Simulated milliseconds. */
  readonly simulatedMs: number;
}

/**
 * How late an event is, of `eventMs` in simulated time, that arrived at `arrivedMs` of this page's clock.
 * Undefined where it is the newest that there is, or of a time that was not heard of.
 *
 * @param places in the order in which they were heard of, of one timeline
 */
export function latenessOf(places: readonly Place[], eventMs: number, arrivedMs: number): Lateness | undefined {
  const [first] = places;
  const last = places.at(-1);
  if (first === undefined || last === undefined || eventMs < first.simulatedMs || eventMs >= last.simulatedMs)
    return undefined;
  const passed = places.find(({ simulatedMs }) => simulatedMs >= eventMs) ?? last;
  return { ms: Math.max(0, arrivedMs - passed.heardMs), simulatedMs: last.simulatedMs - eventMs };
}

/** Less is not told apart from a busy moment. */
const toldFromMs = 1500;
/** An older event says nothing of now. */
const validMs = 5000;
const placesKept = 60;

const places = new Ring<Place>(placesKept);
let bootId: string | undefined;
let newest = { eventMs: 0, arrivedMs: -Infinity };

/** Undefined while events are punctual. Brought up to date once a second. */
export const lateness = signal<Lateness | undefined>(undefined);

/** The server has told where the simulation is. */
export function notePlace(state: Simulation): void {
  if (state.bootId !== bootId || state.state === "seeking") places.clear();
  bootId = state.bootId;
  places.push({ simulatedMs: Date.parse(state.time), heardMs: performance.now() });
}

/** An event of this simulated instant has arrived. */
export function noteArrival(timestamp: string): void {
  newest = { eventMs: Date.parse(timestamp), arrivedMs: performance.now() };
}

/** Called once a second. */
export function measureLateness(): void {
  const { eventMs, arrivedMs } = newest;
  const isRecent = performance.now() - arrivedMs < validMs;
  const late = isRecent ? latenessOf(places.toArray(), eventMs, arrivedMs) : undefined;
  lateness.value = late === undefined || late.ms < toldFromMs ? undefined : late;
}
