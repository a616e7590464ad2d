/**
 * The events that pass the filter, newest first, and whether they stand still.
 *
 * Each event is held against the filter once. The list follows the stream ten times a second, which is more
 * than anybody reads; who scrolls down or picks an event freezes it, and what comes meanwhile is counted.
 */
import { computed, effect, signal, untracked } from "@preact/signals";
import { type LoggedEvent, eventCount, eventLog, eventsKept, lastEventOf, violatingLog } from "../feed/event-log.js";
import { Ring } from "../feed/ring.js";
import type { Verdict } from "../feed/verdict.js";
import { go, parameter } from "../permalink/address.js";
import { type EventFilter, createMatch } from "./event-filter.js";

const redrawMs = 100;

const event = parameter("event");
const entity = parameter("entity");
const verdict = parameter("verdict");
const text = parameter("find");

/** Lives in the address, so that a link shows the same. */
export const filter = computed<EventFilter>(() => ({
  event: event.value,
  entity: entity.value,
  verdict: verdict.value as Verdict | undefined,
  text: text.value,
}));

/** Changes the filter; undefined takes a condition away. */
export function setFilter({ text, ...rest }: EventFilter): void {
  go({ ...rest, ...(text !== undefined && { find: text === "" ? undefined : text }) }, "replace");
}

export function clearFilter(): void {
  go({ event: undefined, entity: undefined, verdict: undefined, find: undefined }, "replace");
}

/** The events as they were when the list was frozen, oldest first. */
interface Frozen {
  readonly log: readonly LoggedEvent[];
  readonly count: number;
}

const frozen = signal<Frozen | undefined>(undefined);
export const isFrozen = computed(() => frozen.value !== undefined);
/** Events that came since, whether they pass the filter or not. */
export const newSince = computed(() => (frozen.value === undefined ? 0 : eventCount.value - frozen.value.count));

/** The event that is shown in full. */
export const selected = signal<LoggedEvent | undefined>(undefined);

const matches = new Ring<LoggedEvent>(eventsKept);
/** Changes with the list, at most ten times a second. */
export const revision = signal(0);
/** How many events the list has. */
export const matchCount = (): number => matches.length;
/** The newest is in row 0. */
export const matchAt = (row: number): LoggedEvent | undefined => matches.at(-1 - row);

/** Row of an event, or -1. Sequences rise, so it is found by halving. */
export function rowOf({ sequence }: LoggedEvent): number {
  let low = 0;
  let high = matches.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = (matches.at(middle) as LoggedEvent).sequence;
    if (found === sequence) return matches.length - 1 - middle;
    if (found < sequence) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

let scanned = 0;
let match = createMatch({});

function take(candidates: Iterable<LoggedEvent>): void {
  for (const candidate of candidates) if (match(candidate)) matches.push(candidate);
}

/** What is older than the log, but kept: the last event of the entity, and those that differ from the contract. */
function* olderThan(sequence: number, { entity }: EventFilter): Generator<LoggedEvent> {
  const kept = violatingLog.toArray();
  const last = entity === undefined ? undefined : lastEventOf(entity);
  if (last !== undefined && last.violations.length === 0) kept.push(last);
  yield* kept.filter((event) => event.sequence < sequence).toSorted((a, b) => a.sequence - b.sequence);
}

/** Begins anew, with what is kept. */
function scanAll(filter: EventFilter): void {
  match = createMatch(filter);
  matches.clear();
  const log = frozen.value?.log ?? eventLog.toArray();
  take(olderThan(log[0]?.sequence ?? Infinity, filter));
  take(log);
  scanned = log.at(-1)?.sequence ?? 0;
  revision.value++;
}

function scanNew(): void {
  const newest = eventLog.at(-1)?.sequence ?? 0;
  const fresh = Math.min(newest - scanned, eventLog.length);
  for (let index = -fresh; index < 0; index++) {
    const candidate = eventLog.at(index);
    if (candidate !== undefined && match(candidate)) matches.push(candidate);
  }
  scanned = newest;
  revision.value++;
}

export function freeze(): void {
  // No newer ones than the list has: nothing moves under the pointer.
  frozen.value ??= { log: eventLog.toArray().filter(({ sequence }) => sequence <= scanned), count: scanned };
}

/** Follows the stream again; what came meanwhile is in the list. */
export function goOn(): void {
  frozen.value = undefined;
}

/** Shows an event in full; the list stands still for it. */
export function select(event: LoggedEvent): void {
  selected.value = event;
  freeze();
}

/** Who comes from a tile, an agent or a room sees its last event. */
function selectOf(entity: string | undefined): void {
  if (entity === undefined) return;
  const last = lastEventOf(entity);
  if (last !== undefined) select(last);
}

/** Keeps the list up to date while it is shown. Returns how to stop it. */
export function followStream(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  // What came while nobody looked is in the list, too.
  scanned = eventLog.at(-1)?.sequence ?? 0;
  selectOf(entity.peek());
  const stops = [
    effect(() => {
      const { value } = filter;
      untracked(() => scanAll(value));
    }),
    effect(() => {
      if (eventCount.value === scanned || isFrozen.value) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        if (frozen.peek() === undefined) scanNew();
      }, redrawMs);
    }),
    () => clearTimeout(timer),
  ];
  return () => {
    for (const stop of stops) stop();
    matches.clear();
    frozen.value = undefined;
  };
}
