/**
 * The last minutes of index and sectors, for lines and sparklines: one close a minute.
 *
 * Fetched anew with everything else, kept up by events. The index has no candles of its own: its past is worked
 * out from the sectors', by its divisor.
 */
import { type Signal, signal } from "@preact/signals";
import type { Candle } from "../../../schemas/generated/types.js";
import { onEvent } from "./connection.js";
import { atNextFrame } from "./frame.js";
import { type LiveSector, indexDivisor } from "./market.js";
import { getJson } from "./rest.js";

/** A minute and what a value stood at when it closed, or stands at. */
export interface Minute {
  /** When it began, simulated, epoch milliseconds. */
  readonly atMs: number;
  readonly close: number;
}

const minutesKept = 180;
const minuteMs = 60_000;
/** Requests at a time. */
const lanes = 6;

/** The last minutes of one value, oldest first; drawn at most once a second, because nobody reads a line faster. */
class History {
  readonly shown: Signal<readonly Minute[]> = signal([]);
  #minutes: Minute[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #flush = () => {
    this.shown.value = [...this.#minutes];
  };

  set(minutes: readonly Minute[]): void {
    this.#minutes = [...minutes];
    this.#trim();
    atNextFrame(this.#flush);
  }

  /** Drops what is older than the line is long, by time: minutes may be missing. */
  #trim(): void {
    const fromMs = (this.#minutes.at(-1)?.atMs ?? 0) - (minutesKept - 1) * minuteMs;
    const first = this.#minutes.findIndex(({ atMs }) => atMs >= fromMs);
    if (first > 0) this.#minutes.splice(0, first);
  }

  /** Takes a close over; one of a minute that is gone is ignored. */
  note(atMs: number, close: number): void {
    const last = this.#minutes.at(-1);
    if (last !== undefined && atMs < last.atMs) return;
    if (last?.atMs === atMs) this.#minutes[this.#minutes.length - 1] = { atMs, close };
    else this.#minutes.push({ atMs, close });
    this.#trim();
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      atNextFrame(this.#flush);
    }, 1000);
  }
}

const bySector = new Map<string, History>();
const ofIndex = new History();

export const indexHistory = ofIndex.shown;

function historyOf(sectorId: string): History {
  let history = bySector.get(sectorId);
  if (history === undefined) bySector.set(sectorId, (history = new History()));
  return history;
}

/** The last minutes of a sector. */
export function sectorHistory(sectorId: string): Signal<readonly Minute[]> {
  return historyOf(sectorId).shown;
}

async function fetchMinutes(sectorId: string): Promise<Minute[]> {
  const path = `/api/sectors/${encodeURIComponent(sectorId)}/candles?interval=1m&sort=desc&limit=${minutesKept}`;
  const { data } = await getJson<{ data: Candle[] }>(path);
  return data.map(({ timestamp, close }) => ({ atMs: Date.parse(timestamp), close })).toReversed();
}

/** What a sector adds to the index: now, and when each minute closed. */
interface Share {
  readonly now: number;
  readonly closes: ReadonlyMap<number, number>;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

/**
 * The index at each minute. A sector that was created since changed the divisor and not the index: before, the index
 * moved as the sum of the others.
 */
function indexMinutes(shares: readonly Share[], divisor: number): Minute[] {
  const times = [...new Set(shares.flatMap(({ closes }) => [...closes.keys()]))].toSorted((a, b) => b - a);
  const later = new Map(shares.map((share) => [share, share.now]));
  let level = sum(later.values()) / divisor;
  const minutes: Minute[] = [];
  for (const atMs of times) {
    const closes = new Map<Share, number>();
    for (const share of shares) {
      const close = share.closes.get(atMs);
      if (close !== undefined) closes.set(share, close);
    }
    const total = sum(closes.values());
    const totalLater = sum([...closes.keys()].map((share) => later.get(share) ?? 0));
    if (closes.size === shares.length) level = total / divisor;
    else if (totalLater > 0) level *= total / totalLater;
    for (const [share, close] of closes) later.set(share, close);
    minutes.push({ atMs, close: level });
  }
  return minutes.toReversed();
}

/** Fetches the last minutes of these sectors, a few at a time, and works out the index's. */
export async function fetchHistories(sectors: readonly LiveSector[]): Promise<void> {
  const known = new Set(sectors.map(({ id }) => id));
  for (const id of bySector.keys()) if (!known.has(id)) bySector.delete(id);
  const waiting = [...sectors];
  const shares: Share[] = [];
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const minutes = await fetchMinutes(next.id);
        historyOf(next.id).set(minutes);
        const { indexWeight, value } = next.facts;
        shares.push({
          now: indexWeight * value,
          closes: new Map(minutes.map(({ atMs, close }) => [atMs, indexWeight * close])),
        });
      }
    }),
  );
  if (indexDivisor.value !== undefined && shares.length > 0) ofIndex.set(indexMinutes(shares, indexDivisor.value));
}

export function watchHistories(): void {
  onEvent("sector:candle_update", ({ sectorId, candle }) => {
    bySector.get(sectorId)?.note(Date.parse(candle.timestamp), candle.close ?? candle.value);
  });
  onEvent("market:update", ({ sectorId, indexValue, timestamp }) => {
    if (sectorId !== undefined || indexValue === undefined) return;
    ofIndex.note(Math.floor(Date.parse(timestamp) / minuteMs) * minuteMs, indexValue);
  });
}
