/**
 * Latencies by event and by stage, at no price for a delivery.
 *
 * A tick's events arrive together: what differs is how many of each event a batch has. So one histogram takes the
 * latencies of all batches of the same make-up in the same stage, once for a batch and subscriber; when it is asked for,
 * the histograms are added up as often as their batches have each event.
 */
import { LatencyHistogram } from "../core/histogram.js";
import { eventNameOf } from "../oracle/content.js";
import type { ExpectedBatch } from "../oracle/expected-batch.js";
import type { LatencyReport } from "./protocol.js";

/** Batches of one make-up in one stage. */
export interface BatchGroup {
  /** Of whole batches. */
  readonly latency: LatencyHistogram;
  /** Index; below zero for batches outside the stages. */
  readonly stage: number;
  /** How many of each event such a batch has. */
  readonly events: ReadonlyMap<string, number>;
  /** Batches that are open. */
  open: number;
}

/** A histogram takes 100 KB. */
const groupsMax = 64;
/** A server may send events of any names. */
const eventsMax = 50;
const otherEvents = "(other events)";

export class LatencyParts {
  readonly #groups = new Map<string, BatchGroup>();
  readonly #events = new Map<string, LatencyHistogram>();
  readonly #stages = new Map<number, LatencyHistogram>();

  /** To be called once for a batch, and `close` when it is over. */
  open(batch: ExpectedBatch, stage: number): BatchGroup {
    const names = batch.texts.map(eventNameOf).toSorted();
    const key = `${stage} ${names.join(" ")}`;
    if (this.#groups.size >= groupsMax) this.#fold(true);
    let group = this.#groups.get(key);
    if (group === undefined) {
      const events = new Map<string, number>();
      for (const event of names) events.set(event, (events.get(event) ?? 0) + 1);
      group = { latency: new LatencyHistogram(), stage, events, open: 0 };
      this.#groups.set(key, group);
    }
    group.open += 1;
    return group;
  }

  /** One item of a batch that did not arrive whole. */
  recordItem({ stage }: BatchGroup, event: string, latencyMs: number): void {
    this.#record(stage, event, latencyMs, 1);
  }

  report(): LatencyReport {
    this.#fold(false);
    return {
      events: [...this.#events].map(([event, latency]) => [event, latency.encode()]),
      stages: [...this.#stages].map(([stage, latency]) => [stage, latency.encode()]),
    };
  }

  #record(stage: number, event: string, latencyMs: number, count: number): void {
    const known = this.#events.has(event) || this.#events.size < eventsMax ? event : otherEvents;
    histogramOf(this.#events, known).record(latencyMs, count);
    if (stage >= 0) histogramOf(this.#stages, stage).record(latencyMs, count);
  }

  #fold(drops: boolean): void {
    for (const [key, group] of this.#groups) {
      for (const [latencyMs, subscribers] of group.latency.values())
        for (const [event, count] of group.events) this.#record(group.stage, event, latencyMs, subscribers * count);
      group.latency.reset();
      if (drops && group.open === 0) this.#groups.delete(key);
    }
  }
}

function histogramOf<Key>(histograms: Map<Key, LatencyHistogram>, key: Key): LatencyHistogram {
  const known = histograms.get(key);
  if (known !== undefined) return known;
  const created = new LatencyHistogram();
  histograms.set(key, created);
  return created;
}
