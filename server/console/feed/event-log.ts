/** Every event as it came: the last of them, how many there were, and how many a second. */
import { signal } from "@preact/signals";
import { atNextFrame } from "./frame.js";
import { Ring } from "./ring.js";

/** One event as it came. */
export interface LoggedEvent {
  /** Counts from 1, since the page was opened. */
  readonly sequence: number;
  /** Epoch milliseconds of this page's clock. */
  readonly receivedMs: number;
  readonly name: string;
  readonly payload: unknown;
}

const eventsKept = 2000;
const secondsKept = 10;

/** Oldest first. Changes between frames: read it in reaction to `eventCount`. */
export const eventLog = new Ring<LoggedEvent>(eventsKept);
/** Events since the page was opened. */
export const eventCount = signal(0);
/** Mean over the last ten seconds. */
export const eventsPerSecond = signal(0);

let count = 0;
const counts = new Ring<number>(secondsKept);

function flush(): void {
  eventCount.value = count;
}

export function recordEvent(name: string, payload: unknown): void {
  count++;
  eventLog.push({ sequence: count, receivedMs: Date.now(), name, payload });
  atNextFrame(flush);
}

/** Brings the rate up to date; called once a second. */
export function measureRate(): void {
  counts.push(count);
  const from = counts.at(0) ?? count;
  eventsPerSecond.value = counts.length < 2 ? 0 : (count - from) / (counts.length - 1);
}
