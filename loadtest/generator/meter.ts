/**
 * Times and counts what the subscribers of one generator receive.
 *
 * Latency runs from a tick's intended instant; where nobody knows that, from the first arrival of the
 * same frame at any subscriber (then it is the spread), and beside it from the timestamp in the payload
 * (payload-meter.ts). Each second is a histogram of its own; they are
 * merged, never averaged.
 */
import { LatencyHistogram } from "../core/histogram.js";
import type { StreamMatcher } from "../oracle/stream-matcher.js";
import type { ExpectedBatch } from "../oracle/expected-batch.js";
import { eventNameOf } from "../oracle/content.js";
import type { EventAccounts } from "./delivery-accounts.js";
import type { PayloadMeter } from "./payload-meter.js";
import type { BatchReport } from "./protocol.js";

export class Meter {
  deliveries = 0;
  readonly #payload: PayloadMeter | undefined;
  readonly #events: EventAccounts;
  readonly #latency = new LatencyHistogram();
  /** Of the whole run; empty where there is one address, whose latency is that of all. */
  readonly #byAddress: readonly LatencyHistogram[];
  readonly #open = new Set<ExpectedBatch>();
  #fromMs = Infinity;
  #toMs = Infinity;

  /** With a `payload` meter nobody knows intended instants: latency counts from the first arrival of the same batch. */
  constructor(events: EventAccounts, payload?: PayloadMeter, addresses = 1) {
    this.#events = events;
    this.#byAddress = addresses === 1 ? [] : Array.from({ length: addresses }, () => new LatencyHistogram());
    this.#payload = payload;
  }

  measure(fromMs: number, toMs: number): void {
    this.#fromMs = fromMs;
    this.#toMs = toMs;
  }

  covers(batch: ExpectedBatch): boolean {
    const instantMs = Number.isNaN(batch.intendedMs) ? batch.firstMs : batch.intendedMs;
    return instantMs >= this.#fromMs && instantMs <= this.#toMs;
  }

  measures(atMs: number): boolean {
    return atMs >= this.#fromMs && atMs <= this.#toMs;
  }

  delivered(matcher: StreamMatcher, batch: ExpectedBatch, from: number, count: number, atMs: number): void {
    this.deliveries += count;
    if (!batch.isOpen) {
      batch.isOpen = true;
      this.#open.add(batch);
    }
    if (count === batch.size) batch.wholes += 1;
    else
      for (let item = from; item < from + count; item += 1)
        this.#events.of(eventNameOf(batch.texts[item]!)).received += 1;
    const originMs = this.#payload === undefined ? batch.intendedMs : batch.firstMs;
    if (Number.isNaN(originMs) || matcher.slow || !this.covers(batch)) return;
    const latencyMs = atMs - originMs;
    this.#latency.record(latencyMs, count);
    this.#byAddress[matcher.address]?.record(latencyMs, count);
    this.#payload?.delivered(batch.emittedMs, atMs, count);
    matcher.latencySumMs += latencyMs * count;
    matcher.latencyCount += count;
    if (latencyMs > matcher.latencyMaxMs) matcher.latencyMaxMs = latencyMs;
  }

  /** The second's histogram, and an empty one for the next. */
  takeLatency(): string | null {
    if (this.#latency.count === 0) return null;
    const encoded = this.#latency.encode();
    this.#latency.reset();
    return encoded;
  }

  /** The run's histogram of an address; null where nothing was measured, or there is one address. */
  addressLatency(address: number): string | null {
    const latency = this.#byAddress[address];
    return latency === undefined || latency.count === 0 ? null : latency.encode();
  }

  /** Fan-out of the batches that began before this instant; again when something of one arrives later. */
  takeBatches(beforeMs: number): BatchReport[] {
    const reports: BatchReport[] = [];
    for (const batch of this.#open) {
      if (batch.firstMs >= beforeMs) continue;
      this.#open.delete(batch);
      batch.isOpen = false;
      for (const text of batch.wholes > 0 ? batch.texts : [])
        this.#events.of(eventNameOf(text)).received += batch.wholes;
      batch.wholes = 0;
      if (!this.covers(batch)) continue;
      this.#payload?.arrived(batch.emittedMs, batch.firstMs);
      const { tick, sequence, intendedMs, firstMs, lastMs } = batch;
      reports.push([tick, sequence, intendedMs, firstMs, lastMs]);
    }
    return reports;
  }
}
