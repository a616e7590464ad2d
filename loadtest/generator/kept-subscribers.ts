/** Subscribers of the run before that are still connected, for this run to go on with. */
import type { Subscriber } from "../clients/subscriber.js";
import type { StreamMatcher } from "../oracle/stream-matcher.js";

type Connection = Pick<StreamMatcher, "kind" | "address">;

function keyOf({ kind, address }: Connection): string {
  return `${kind} ${address}`;
}

export class KeptSubscribers {
  readonly #byConnection = new Map<string, Subscriber[]>();

  constructor(subscribers: readonly Subscriber[]) {
    for (const subscriber of subscribers) {
      const key = keyOf(subscriber.matcher);
      const alike = this.#byConnection.get(key);
      if (alike === undefined) this.#byConnection.set(key, [subscriber]);
      else alike.push(subscriber);
    }
  }

  get size(): number {
    return [...this.#byConnection.values()].reduce((sum, alike) => sum + alike.length, 0);
  }

  /** Takes out one of this kind that is connected to this address; undefined where none is left. */
  take(connection: Connection): Subscriber | undefined {
    return this.#byConnection.get(keyOf(connection))?.shift();
  }

  /** Those that this run has no place for. */
  closeRest(): void {
    for (const alike of this.#byConnection.values()) for (const subscriber of alike.splice(0)) subscriber.close();
  }
}
