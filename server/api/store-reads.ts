/**
 * A few reads of the store at a time; the others wait in order of arrival.
 *
 * The store's thread hands over whatever it has ready in one go, and each page is then made into JSON: hundreds of large
 * ones at once would keep the event loop for seconds. A place is free again in the next turn of the loop, so that a
 * turn makes no more pages than there are places.
 */
import { clearTimeout, setImmediate, setTimeout } from "../core/timers.js";
import { ProblemError } from "../http/problems.js";

const atOnceMax = 8;
const waitMsMax = 5_000;

export class StoreReads {
  readonly #waiting = new Set<() => void>();
  #running = 0;

  /** Rejects with a 503 when no place is free within 5 s. */
  async run<Result>(read: () => Promise<Result>): Promise<Result> {
    if (this.#running < atOnceMax) this.#running += 1;
    else await this.#waitForPlace();
    try {
      return await read();
    } finally {
      setImmediate(this.#leave);
    }
  }

  /** The place of whoever leaves goes to the first who waits. */
  readonly #leave = (): void => {
    const [next] = this.#waiting;
    if (next === undefined) this.#running -= 1;
    else next();
  };

  #waitForPlace(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(enter);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(enter);
        reject(
          new ProblemError("store-unavailable", `Other requests have kept the store busy for ${waitMsMax / 1000} s.`, {
            headers: { "Retry-After": "1" },
          }),
        );
      }, waitMsMax);
      this.#waiting.add(enter);
    });
  }
}
