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
import type { SubscriberKind } from "../oracle/subscriber-kind.js";
import type { ArrivalBound } from "./arrival-bound.js";
import type { DeliveryAccounts } from "./delivery-accounts.js";
import { type BatchGroup, LatencyParts } from "./latency-parts.js";
import type { PayloadMeter } from "./payload-meter.js";
import type { BatchReport, LatencyReport } from "./protocol.js";

export class Meter {
  deliveries = 0;
  readonly #payload: PayloadMeter | undefined;
  readonly #accounts: Pick<DeliveryAccounts, "events" | "stages">;
  readonly #latency = new LatencyHistogram();
  readonly #arrivals: ArrivalBound;
  /** To the earliest instants at which deliveries can have arrived; of the whole run. */
  readonly #arrival = new LatencyHistogram();
  /** Deliveries that go into it next: of one turn of the event loop there are many. */
  #arrivalMs = 0;
  #arrivalCount = 0;
  /** Of the whole run; empty where there is one address, whose latency is that of all. */
  readonly #byAddress: readonly LatencyHistogram[];
  /** Of the subscribers that are stock clients. */
  readonly #byKind: Readonly<Partial<Record<SubscriberKind, LatencyHistogram>>> = {
    websocket: new LatencyHistogram(),
    polling: new LatencyHistogram(),
  };
  readonly #parts = new LatencyParts();
  /** From when a subscriber might be back to the arrival of what left while it was away. */
  readonly replay = new LatencyHistogram();
  /** Batches on whose fan-out a report is due. */
  readonly #open = new Map<ExpectedBatch, BatchGroup>();
  /** When each measured stage began. */
  readonly #stages: number[] = [];
  #fromMs = Infinity;
  #toMs = Infinity;

  /** With a `payload` meter nobody knows intended instants: latency counts from the first arrival of the same batch. */
  constructor(
    accounts: Pick<DeliveryAccounts, "events" | "stages">,
    arrivals: ArrivalBound,
    payload?: PayloadMeter,
    addresses = 1,
  ) {
    this.#accounts = accounts;
    this.#arrivals = arrivals;
    this.#byAddress = addresses === 1 ? [] : Array.from({ length: addresses }, () => new LatencyHistogram());
    this.#payload = payload;
  }

  measure(fromMs: number, toMs: number): void {
    this.#fromMs = fromMs;
    this.#toMs = toMs;
  }

  /** A measured stage begins. */
  beginStage(index: number, fromMs: number): void {
    this.#stages[index] = fromMs;
  }

  /** The measured stage of an instant; below zero outside of them. */
  stageAt(atMs: number): number {
    return this.measures(atMs) ? this.#stages.findLastIndex((fromMs) => fromMs <= atMs) : -1;
  }

  covers(batch: ExpectedBatch): boolean {
    return this.measures(batch.instantMs);
  }

  measures(atMs: number): boolean {
    return atMs >= this.#fromMs && atMs <= this.#toMs;
  }

  delivered(matcher: StreamMatcher, batch: ExpectedBatch, from: number, count: number, atMs: number): void {
    this.deliveries += count;
    let group = this.#open.get(batch);
    if (group === undefined) {
      group = this.#parts.open(batch, this.stageAt(batch.instantMs));
      this.#open.set(batch, group);
    }
    if (count === batch.size) batch.wholes += 1;
    else this.#receivedPart(group, batch, from, count);
    const originMs = this.#payload === undefined ? batch.intendedMs : batch.firstMs;
    if (Number.isNaN(originMs) || matcher.slow || !this.covers(batch)) return;
    if (batch.instantMs < matcher.backMs) return this.replay.record(atMs - matcher.returnMs, count);
    const latencyMs = atMs - originMs;
    this.#latency.record(latencyMs, count);
    this.#arrived(this.#arrivals.earliestMs(atMs) - originMs, count);
    if (count === batch.size) group.latency.record(latencyMs);
    else
      for (let item = from; item < from + count; item += 1)
        this.#parts.recordItem(group, eventNameOf(batch.texts[item]!), latencyMs);
    this.#byAddress[matcher.address]?.record(latencyMs, count);
    if (matcher.kind !== "thin") this.#byKind[matcher.kind]?.record(latencyMs, count);
    this.#payload?.delivered(batch.emittedMs, atMs, count);
    matcher.latencySumMs += latencyMs * count;
    matcher.latencyCount += count;
    if (latencyMs > matcher.latencyMaxMs) matcher.latencyMaxMs = latencyMs;
  }

  #arrived(arrivalMs: number, count: number): void {
    if (arrivalMs !== this.#arrivalMs) {
      this.#recordArrivals();
      this.#arrivalMs = arrivalMs;
    }
    this.#arrivalCount += count;
  }

  #recordArrivals(): void {
    if (this.#arrivalCount > 0) this.#arrival.record(this.#arrivalMs, this.#arrivalCount);
    this.#arrivalCount = 0;
  }

  #receivedPart({ stage }: BatchGroup, { texts }: ExpectedBatch, from: number, count: number): void {
    const { events, stages } = this.#accounts;
    for (let item = from; item < from + count; item += 1) events.of(eventNameOf(texts[item]!)).received += 1;
    if (stage >= 0) stages.of(String(stage)).received += count;
  }

  #receivedWholes({ stage, events }: BatchGroup, batch: ExpectedBatch): void {
    for (const [event, count] of events) this.#accounts.events.of(event).received += count * batch.wholes;
    if (stage >= 0) this.#accounts.stages.of(String(stage)).received += batch.size * batch.wholes;
    batch.wholes = 0;
  }

  /** Of the run so far. */
  get latencies(): LatencyReport {
    return this.#parts.report();
  }

  /** The run's histogram up to the earliest instants of arrival; null where nothing was measured. */
  arrival(): string | null {
    this.#recordArrivals();
    return this.#arrival.count === 0 ? null : this.#arrival.encode();
  }

  /** The run's histogram of the subscribers that are such stock clients; null where nothing was measured. */
  kindLatency(kind: SubscriberKind): string | null {
    const latency = this.#byKind[kind];
    return latency === undefined || latency.count === 0 ? null : latency.encode();
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
    for (const [batch, group] of this.#open) {
      if (batch.firstMs >= beforeMs) continue;
      this.#open.delete(batch);
      group.open -= 1;
      this.#receivedWholes(group, batch);
      if (!this.covers(batch)) continue;
      this.#payload?.arrived(batch.emittedMs, batch.firstMs);
      const { tick, sequence, intendedMs, firstMs, lastMs } = batch;
      reports.push([tick, sequence, intendedMs, firstMs, lastMs]);
    }
    return reports;
  }
}
