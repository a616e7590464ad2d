/** Counts of what went wrong, each distinct way once with how often. Those of content are bounded. */
import type { ContentFault } from "../oracle/content.js";
import type { CountedFault, EventCounts } from "./protocol.js";

const distinctMax = 200;

export class FaultCounts {
  readonly #counts = new Map<string, { readonly fault: ContentFault; deliveries: number }>();

  add(fault: ContentFault, deliveries = 1): void {
    const key = `${fault.event} ${fault.pointer} ${fault.keyword}`;
    const known = this.#counts.get(key);
    if (known !== undefined) known.deliveries += deliveries;
    else if (this.#counts.size < distinctMax) this.#counts.set(key, { fault, deliveries });
  }

  /** Most frequent first. */
  list(): CountedFault[] {
    return [...this.#counts.values()]
      .map(({ fault, deliveries }) => Object.assign({ deliveries }, fault))
      .toSorted((a, b) => b.deliveries - a.deliveries);
  }
}

export class EventAccounts {
  readonly #events = new Map<string, EventCounts>();

  of(event: string): EventCounts {
    let counts = this.#events.get(event);
    if (counts === undefined) this.#events.set(event, (counts = { received: 0, lost: 0, corrupted: 0, unexpected: 0 }));
    return counts;
  }

  add(event: string, { received, lost, corrupted, unexpected }: EventCounts): void {
    const counts = this.of(event);
    counts.received += received;
    counts.lost += lost;
    counts.corrupted += corrupted;
    counts.unexpected += unexpected;
  }

  entries(): (readonly [string, EventCounts])[] {
    return [...this.#events];
  }
}

/** Why subscribers were lost. */
export class ReasonCounts {
  readonly #counts = new Map<string, number>();
  total = 0;

  add(reason: string, count = 1): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
    this.total += count;
  }

  entries(): (readonly [reason: string, count: number])[] {
    return [...this.#counts];
  }

  list(): string[] {
    return this.entries().map(([reason, count]) => `${count} × ${reason}`);
  }
}
