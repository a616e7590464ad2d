/**
 * Events between their arrival and the next frame.
 *
 * At a high speed more come than a page can work through. Of a long queue only the latest of those that replace
 * each other is kept, as the server does for slow subscribers: values by sector and minute, candles by sector and bucket,
 * statuses by agent. Messages are always kept.
 */

/** An event as it came. */
export interface Arrival {
  readonly name: string;
  /** One, unless the contract is broken. */
  readonly args: readonly unknown[];
  /** Epoch milliseconds of this page's clock. */
  readonly receivedMs: number;
}

/** Far more than a market sends in a frame at up to 60 times. */
const queueMax = 1000;

/** The part of an instant that names its minute: `2026-01-05T14:30`. */
const minuteLength = 16;

/** What a later event of the same key replaces; undefined where nothing does. */
function keyOf({ name, args }: Arrival): string | undefined {
  const payload = args[0];
  if (args.length !== 1 || typeof payload !== "object" || payload === null) return undefined;
  const { sectorId, agentId, candle, timestamp } = payload as Readonly<Record<string, unknown>>;
  // Lines have a point a minute.
  if (name === "market:update")
    return `${name} ${String(sectorId)} ${"indexValue" in payload} ${String(timestamp).slice(0, minuteLength)}`;
  if (name === "agent:status_update") return `${name} ${String(agentId)}`;
  if (name !== "sector:candle_update" || typeof candle !== "object" || candle === null) return undefined;
  return `${name} ${String(sectorId)} ${String((candle as Readonly<Record<string, unknown>>)["timestamp"])}`;
}

/** In their order, without those that a later one replaces. */
export function latestOf(arrivals: readonly Arrival[]): Arrival[] {
  const seen = new Set<string>();
  const kept: Arrival[] = [];
  for (const arrival of arrivals.toReversed()) {
    const key = keyOf(arrival);
    if (key !== undefined && seen.has(key)) continue;
    if (key !== undefined) seen.add(key);
    kept.push(arrival);
  }
  return kept.toReversed();
}

/** A page that gets no frames takes them at this many. */
const waitingMax = 10_000;

export class Inbox {
  #queue: Arrival[] = [];
  #skipped = 0;

  /** Events that a later one replaced before they were looked at. */
  get skipped(): number {
    return this.#skipped;
  }

  /** True where no more should wait. */
  push(arrival: Arrival): boolean {
    return this.#queue.push(arrival) >= waitingMax;
  }

  /** All that came since, or the latest of it where that is too much. */
  take(): readonly Arrival[] {
    const all = this.#queue;
    this.#queue = [];
    if (all.length <= queueMax) return all;
    const kept = latestOf(all);
    this.#skipped += all.length - kept.length;
    return kept;
  }
}
