/** Hands events that arrived to who listens to them, in the order in which they came. */
import { attempt } from "./attempt.js";
import { type Arrival, Inbox } from "./inbox.js";

export type EventListener = (payload: never) => void;

export class Intake {
  readonly #inbox = new Inbox();
  readonly #listeners = new Map<string, Set<EventListener>>();
  readonly #record: (arrival: Arrival) => void;

  /** @param record is given each event once, before its listeners */
  constructor(record: (arrival: Arrival) => void) {
    this.#record = record;
  }

  /** Events that a later one replaced before they were looked at. */
  get skipped(): number {
    return this.#inbox.skipped;
  }

  /** Returns how to stop it. */
  listen(name: string, listener: EventListener): () => void {
    const group = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, group.add(listener));
    return () => void group.delete(listener);
  }

  /** Keeps an event until `take`; true where no more should wait. */
  push(arrival: Arrival): boolean {
    return this.#inbox.push(arrival);
  }

  take(): void {
    for (const arrival of this.#inbox.take()) {
      this.#record(arrival);
      this.#tell(arrival);
    }
  }

  /** Tells the listeners once more of recorded events, and then, as they are newer, of those that wait. */
  replay(recorded: readonly Arrival[]): void {
    for (const arrival of recorded) this.#tell(arrival);
    this.take();
  }

  drop(): void {
    this.#inbox.take();
  }

  #tell({ name, args: [payload] }: Arrival): void {
    for (const listener of this.#listeners.get(name) ?? []) attempt(() => listener(payload as never));
  }
}
