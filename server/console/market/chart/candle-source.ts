/**
 * Where a chart's candles come from: pages of history from REST, newest first, and the events that go on from there.
 */
import { type CandleInterval, intervalMsOf } from "../../../../schemas/candle-intervals.js";
import type { Candle } from "../../../../schemas/generated/types.js";
import { onEvent } from "../../feed/connection.js";
import { getJson } from "../../feed/rest.js";
import { type Bar, Bars } from "./bars.js";

interface Page {
  readonly data: readonly Candle[];
  readonly nextCursor: string | null;
}

function toBar({ timestamp, open, high, low, close }: Candle): Bar {
  return { time: Date.parse(timestamp) / 1000, open, high, low, close };
}

export class CandleSource {
  readonly bars: Bars;
  readonly #path: string;
  readonly #abort = new AbortController();
  #olderCursor: string | null = null;

  constructor(sectorId: string, interval: CandleInterval) {
    this.bars = new Bars(intervalMsOf[interval]);
    this.#path = `/api/sectors/${encodeURIComponent(sectorId)}/candles?interval=${interval}&sort=desc&limit=200`;
  }

  get hasOlder(): boolean {
    return this.#olderCursor !== null;
  }

  /** Fetches the newest candles. `afresh`: those that are there are of another timeline. @throws {RestError} */
  async loadNewest(afresh: boolean): Promise<void> {
    const { data, nextCursor } = await getJson<Page>(this.#path, this.#abort);
    if (afresh) this.bars.clear();
    const known = this.bars.all.at(0)?.time;
    this.bars.takeNewest(data.map(toBar).toReversed());
    // What was loaded before stays, and so does the place from which to go further back.
    if (known === undefined || this.bars.all.at(0)?.time !== known) this.#olderCursor = nextCursor;
  }

  /** Fetches the page before the oldest candle. @throws {RestError} */
  async loadOlder(): Promise<void> {
    if (this.#olderCursor === null) return;
    const path = `${this.#path}&cursor=${encodeURIComponent(this.#olderCursor)}`;
    const { data, nextCursor } = await getJson<Page>(path, this.#abort);
    this.#olderCursor = nextCursor;
    this.bars.prepend(data.map(toBar).toReversed());
  }

  /** Calls back with the time of each bar that events change or begin. Returns how to stop it. */
  follow(sectorId: string, isMinutely: boolean, changed: (time: number) => void): () => void {
    const note = (atMs: number, values: Omit<Bar, "time">, isCandle = false) => {
      const time = this.bars.note(atMs, values, isCandle);
      if (time !== undefined) changed(time);
    };
    const stops = [
      onEvent("market:update", (update) => {
        const { value } = update;
        if (update.sectorId !== sectorId || value === undefined) return;
        note(Date.parse(update.timestamp), { open: value, high: value, low: value, close: value });
      }),
      onEvent("sector:candle_update", (update) => {
        // A minute's candle says nothing about single seconds; larger ones it makes exact.
        if (update.sectorId !== sectorId || !isMinutely) return;
        const { timestamp, value, open = value, high = value, low = value, close = value } = update.candle;
        note(Date.parse(timestamp), { open, high, low, close }, true);
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Ends requests under way. */
  close(): void {
    this.#abort.abort();
  }
}
