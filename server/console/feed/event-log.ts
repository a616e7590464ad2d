/**
 * Every event as it came, with what the contract says about it: the last of them, how many there were, and
 * how many a second.
 *
 * What is rare is not pushed out by what is frequent: the last event of each entity and the last ones that
 * differ from the contract are kept besides.
 */
import { signal } from "@preact/signals";
import type { Violation } from "../../../schemas/violation.js";
import { entitiesOf } from "./entities.js";
import { atNextFrame } from "./frame.js";
import type { Arrival } from "./inbox.js";
import { Ring } from "./ring.js";
import { judge } from "./verdict.js";

/** One event as it came. */
export interface LoggedEvent extends Arrival {
  /** Counts from 1, since the page was opened. */
  readonly sequence: number;
  /** Where it differs from the contract. */
  readonly violations: readonly Violation[];
}

/** Twenty seconds at 500 events a second. */
export const eventsKept = 10_000;
const violatingKept = 500;
/** Far more than a market has; a stream of ever new ids does not grow the page. */
const subjectsKept = 5000;
const secondsKept = 10;

/** Oldest first. Changes between frames: read it in reaction to `eventCount`. */
export const eventLog = new Ring<LoggedEvent>(eventsKept);
/** Those that differ from the contract, oldest first. */
export const violatingLog = new Ring<LoggedEvent>(violatingKept);
/** Events since the page was opened. */
export const eventCount = signal(0);
/** Those of them that differ from the contract. */
export const violatingCount = signal(0);
/** Mean over the last ten seconds. */
export const eventsPerSecond = signal(0);

/** Events that were replaced by later ones before they were looked at; part of no other count but the rate. */
export const skippedCount = signal(0);

let count = 0;
let skipped = 0;
let violating = 0;
const counts = new Ring<number>(secondsKept);
/** By what it names and by its own name. */
const lastBySubject = new Map<string, LoggedEvent>();

function flush(): void {
  eventCount.value = count;
  violatingCount.value = violating;
  skippedCount.value = skipped;
}

/** How many were skipped in all. */
export function noteSkipped(inAll: number): void {
  if (skipped === inAll) return;
  skipped = inAll;
  atNextFrame(flush);
}

export function recordEvent({ name, args, receivedMs }: Arrival): void {
  count++;
  const event = { sequence: count, receivedMs, name, args, violations: judge(name, args) };
  eventLog.push(event);
  if (event.violations.length > 0) {
    violating++;
    violatingLog.push(event);
  }
  for (const subject of [name, ...entitiesOf(args[0])]) {
    if (lastBySubject.size < subjectsKept || lastBySubject.has(subject)) lastBySubject.set(subject, event);
  }
  atNextFrame(flush);
}

/** The newest event of this name, or that names this sector, agent or discussion. */
export function lastEventOf(subject: string): LoggedEvent | undefined {
  return lastBySubject.get(subject);
}

/** Brings the rate up to date; called once a second. */
export function measureRate(): void {
  const arrived = count + skipped;
  counts.push(arrived);
  const from = counts.at(0) ?? arrived;
  eventsPerSecond.value = counts.length < 2 ? 0 : (arrived - from) / (counts.length - 1);
}
