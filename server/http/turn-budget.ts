/**
 * Limits how long HTTP requests may keep the event loop in one of its turns, so that ticks, which are timers, get
 * theirs however many requests there are.
 *
 * A turn is counted from one check phase of the loop to the next. What finds no time left waits in a queue that is
 * served in order of arrival, each task in an immediate of its own: Node settles promises between two of them, so
 * that a request's asynchronous part is counted, too.
 */
import { monotonicMs, setImmediate } from "../core/timers.js";

export class TurnBudget {
  readonly #turnMsMax: number;
  readonly #requestsMin: number;
  readonly #waiting: (() => void)[] = [];
  #startedMs: number | undefined;
  #requests = 0;

  /**
   * @param turnMsMax milliseconds; the request under way is never cut, so a turn may take longer by one
   * @param requestsMin a turn takes so many whatever their time: on a busy machine it passes without any work
   */
  constructor(turnMsMax: number, requestsMin = 16) {
    this.#turnMsMax = turnMsMax;
    this.#requestsMin = requestsMin;
  }

  /** Whether the present turn takes one more request. */
  take(): boolean {
    if (this.#startedMs === undefined) {
      this.#startedMs = monotonicMs();
      setImmediate(this.#endTurn);
    }
    this.#requests += 1;
    return this.#requests <= this.#requestsMin || monotonicMs() - this.#startedMs < this.#turnMsMax;
  }

  /** Runs the task in a later turn that has time for it. */
  enqueue(task: () => void): void {
    this.#waiting.push(task);
    setImmediate(this.#runNext);
  }

  readonly #endTurn = (): void => {
    this.#startedMs = undefined;
    this.#requests = 0;
  };

  readonly #runNext = (): void => {
    if (this.take()) this.#waiting.shift()?.();
    else setImmediate(this.#runNext);
  };
}
