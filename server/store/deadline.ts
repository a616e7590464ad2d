/**
 * How long one request waits for the store, over all that it asks of it.
 *
 * Invariant: what is still to be done when the time is over is not begun; what was begun is taken back by whoever
 * began it.
 */
import { clearTimeout, monotonicMs, setTimeout } from "../core/timers.js";
import { StoreError } from "./store-error.js";

export class Deadline {
  readonly #waitMsMax: number;
  readonly #endsMs: number;
  #otherCause: () => Error | undefined = () => undefined;

  constructor(waitMsMax: number) {
    this.#waitMsMax = waitMsMax;
    this.#endsMs = monotonicMs() + waitMsMax;
  }

  /** When the time is over, and the store is not what was waited for, the error of `cause` takes the place of its own. */
  blame(cause: () => Error | undefined): void {
    this.#otherCause = cause;
  }

  get isOver(): boolean {
    return monotonicMs() >= this.#endsMs;
  }

  /** @throws {StoreError} when the time is over: the caller was answered already */
  assertLeft(): void {
    if (this.isOver) throw this.#error();
  }

  /** The outcome of the work; rejects with `StoreError`, or the cause that was blamed, when the time is over first. */
  async race<Result>(work: Promise<Result>): Promise<Result> {
    let timer: NodeJS.Timeout | undefined;
    const end = new Promise<never>((_resolve, reject) => {
      // Timers round down: rejected early, `isOver` would contradict.
      const leftMs = Math.ceil(this.#endsMs - monotonicMs()) + 1;
      timer = setTimeout(() => reject(this.#error()), Math.max(0, leftMs));
    });
    try {
      return await Promise.race([work, end]);
    } finally {
      clearTimeout(timer);
    }
  }

  #error(): Error {
    const other = this.#otherCause();
    if (other !== undefined) return other;
    const seconds = this.#waitMsMax / 1000;
    return new StoreError(`The store did not answer within ${seconds} s. Nothing was changed; try again later.`);
  }
}
