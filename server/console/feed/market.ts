/**
 * Index and sectors as they are now.
 *
 * A sector's facts (name, weight, open) come over REST; its value also comes with each event. Values are
 * signals of their own, so that an event redraws one number and not the list.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { MarketIndex, Sector } from "../../../schemas/generated/types.js";
import { onEvent } from "./connection.js";
import { type Framed, framed } from "./frame.js";
import { noteArrival } from "./lateness.js";
import { noteSimulatedTime } from "./simulation.js";

/** A number, and how old it is. */
export interface Quote {
  readonly value: number;
  /** Simulated instant of the value, epoch milliseconds. */
  readonly atMs: number;
  /** This page's clock when it came, epoch milliseconds. */
  readonly receivedMs: number;
}

export interface LiveSector {
  readonly id: string;
  /** As last fetched; `quote` is newer. */
  readonly facts: Sector;
  readonly quote: ReadonlySignal<Quote>;
}

const list = signal<readonly LiveSector[]>([]);
/** In the order of their weight, the largest first. */
export const sectors: ReadonlySignal<readonly LiveSector[]> = list;

const quotes = new Map<string, Framed<Quote>>();

const indexNow = framed<Quote | undefined>(undefined);
/** Undefined until the first value came. */
export const indexQuote = indexNow.shown;

function quoteOf(value: number, timestamp: string): Quote {
  return { value, atMs: Date.parse(timestamp), receivedMs: Date.now() };
}

/** What the index stood at when the session opened; undefined until it was fetched. */
export const indexOpen = signal<number | undefined>(undefined);
/** Index = sum of weight * value over all sectors, divided by this. */
export const indexDivisor = signal<number | undefined>(undefined);

export function setIndex({ value, open, divisor, updatedAt }: MarketIndex): void {
  noteSimulatedTime(updatedAt);
  indexNow.set(quoteOf(value, updatedAt));
  indexOpen.value = open;
  indexDivisor.value = divisor;
}

/** Takes over what was fetched; sectors that are gone go. */
export function setSectors(fetched: readonly Sector[]): void {
  const known = new Set(fetched.map(({ id }) => id));
  for (const id of quotes.keys()) if (!known.has(id)) quotes.delete(id);
  const live = fetched.map((facts): LiveSector => {
    const quote = quoteOf(facts.value, facts.updatedAt);
    let kept = quotes.get(facts.id);
    if (kept === undefined) quotes.set(facts.id, (kept = framed(quote)));
    else kept.set(quote);
    return { id: facts.id, facts, quote: kept.shown };
  });
  list.value = live.toSorted((a, b) => b.facts.indexWeight - a.facts.indexWeight || (a.id < b.id ? -1 : 1));
}

/** `onUnknown` is told of events about sectors that were never fetched. */
export function watchMarket(onUnknown: () => void): void {
  onEvent("market:update", ({ sectorId, value, indexValue, timestamp }) => {
    noteSimulatedTime(timestamp);
    noteArrival(timestamp);
    if (indexValue !== undefined) indexNow.set(quoteOf(indexValue, timestamp));
    if (sectorId === undefined || value === undefined) return;
    const quote = quotes.get(sectorId);
    if (quote === undefined) onUnknown();
    else quote.set(quoteOf(value, timestamp));
  });
}
