/** Counts of what went wrong, each distinct way once with how often. All are bounded, in number and length. */
import type { ContentFault } from "../oracle/content.js";
import { excerpt } from "../core/excerpt.js";
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
