/**
 * Adds up what the matchers answer: by event, and each distinct way of being wrong once with how often. All counts are
 * bounded, in number and length.
 */
import { excerpt } from "../core/excerpt.js";
import { Conformance, type ContentFault, compareContents, eventNameOf } from "../oracle/content.js";
import type { DeliveryResult } from "../oracle/delivery-result.js";
import type { ExpectedBatch } from "../oracle/expected-batch.js";
import type { CountedFault, EventCounts } from "./protocol.js";

const distinctMax = 200;
const otherEvents = "(other events)";

export class FaultCounts {
  readonly #counts = new Map<string, { readonly fault: ContentFault; deliveries: number }>();

  add(given: ContentFault, deliveries = 1): void {
    const event = excerpt(given.event);
    const pointer = excerpt(given.pointer);
    const key = `${event} ${pointer} ${given.keyword}`;
    const known = this.#counts.get(key);
    if (known !== undefined) known.deliveries += deliveries;
    else if (this.#counts.size < distinctMax) {
      const fault = { ...given, event, pointer, detail: excerpt(given.detail) };
      this.#counts.set(key, { fault, deliveries });
    }
  }

  /** Most frequent first. */
  list(): CountedFault[] {
    return [...this.#counts.values()]
      .map(({ fault, deliveries }) => Object.assign({ deliveries }, fault))
      .toSorted((a, b) => b.deliveries - a.deliveries);
  }
}

const nothing: EventCounts = { received: 0, lost: 0, duplicated: 0, reordered: 0, corrupted: 0, unexpected: 0 };

export class EventAccounts {
  readonly #events = new Map<string, EventCounts>();

  /** Beyond `distinctMax` names, further events share an account. */
  of(name: string): EventCounts {
    const known = this.#events.get(name);
    if (known !== undefined) return known;
    const event = this.#events.size < distinctMax ? excerpt(name) : otherEvents;
    const counts = this.#events.get(event) ?? { ...nothing };
    this.#events.set(event, counts);
    return counts;
  }

  add(event: string, added: EventCounts): void {
    const counts = this.of(event);
    for (const name of Object.keys(nothing) as (keyof EventCounts)[]) counts[name] += added[name];
  }

  entries(): (readonly [string, EventCounts])[] {
    return [...this.#events];
  }
}

/** What is counted here; deliveries are the meter's. */
type CountedResult = Exclude<DeliveryResult, { readonly kind: "delivered" | "learned" }>;

export class DeliveryAccounts {
  /** Deliveries that were wrong, and violations of protocols. */
  faults = 0;
  readonly conformance = new Conformance();
  readonly violations = new FaultCounts();
  readonly divergences = new FaultCounts();
  readonly events = new EventAccounts();
  /** By index of the measured stage. */
  readonly stages = new EventAccounts();
  /** What is wrong with the stream's own content. */
  readonly #blamed = new Map<ExpectedBatch, readonly ContentFault[]>();

  /** @param stageAt the measured stage of an instant, below zero outside of them */
  add(result: CountedResult, stageAt: (atMs: number) => number): void {
    const { kind, text } = result;
    if (kind === "greeting") return this.#examine(text);
    const stage = stageAt(result.atMs);
    const accounts = [this.events.of(eventNameOf(kind === "corrupted" ? result.expected : text))];
    if (stage >= 0) accounts.push(this.stages.of(String(stage)));
    for (const counts of accounts)
      if (kind === "found") counts.lost -= 1;
      else if (kind === "retracted") counts.received -= 1;
      else counts[kind] += 1;
    if (kind !== "found" && kind !== "retracted") this.faults += 1;
    if (kind === "corrupted") for (const fault of compareContents(result.expected, text)) this.divergences.add(fault);
    if (kind === "corrupted" || kind === "unexpected") this.#examine(text);
  }

  /** The server broke a protocol. */
  addViolation(fault: ContentFault): void {
    this.faults += 1;
    this.violations.add(fault);
  }

  /** Content of the stream itself is examined once; its violations count for each delivery, once all are over. */
  examineExpected(batch: ExpectedBatch): void {
    const faults = batch.texts.flatMap((text) => this.conformance.examine(text));
    if (faults.length > 0) this.#blamed.set(batch, [...(this.#blamed.get(batch) ?? []), ...faults]);
  }

  /** Counts the violations of batches that everybody has passed, with the deliveries of each. */
  settle(beforeTick = Infinity): void {
    for (const [batch, faults] of this.#blamed) {
      if (batch.tick >= beforeTick) continue;
      this.#blamed.delete(batch);
      for (const fault of faults) if (batch.completed > 0) this.violations.add(fault, batch.completed);
    }
  }

  #examine(text: string): void {
    for (const fault of this.conformance.examine(text)) this.violations.add(fault);
  }
}
