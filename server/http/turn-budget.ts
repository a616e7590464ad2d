/**
 * Limits how long HTTP requests may keep the event loop in one of its turns, so that ticks, which are timers, get
 * theirs however many requests there are.
 *
 * A turn is counted from one check phase of the loop to the next. What finds no time left waits in a queue that is
 * served in order of arrival, each task in an immediate of its own: Node settles promises between two of them, so
 * that a request's asynchronous part is counted, too.
 */
import { monotonicMs, setImmediate } from "../real-timers.js";

export class TurnBudget {
  readonly #turnMsMax: number;
  readonly #waiting: (() => void)[] = [];
  #startedMs: number | undefined;

  /** @param turnMsMax milliseconds; the task under way is never cut, so a turn may take longer by one task */
  constructor(turnMsMax: number) {
    this.#turnMsMax = turnMsMax;
  }

  /** Whether the present turn has time for one more request. The first of a turn always has. */
  hasTime(): boolean {
    const nowMs = monotonicMs();
    if (this.#startedMs === undefined) {
      this.#startedMs = nowMs;
      setImmediate(this.#endTurn);
    }
    return nowMs - this.#startedMs < this.#turnMsMax;
  }

  /** Runs the task in a later turn that has time for it. */
  enqueue(task: () => void): void {
    this.#waiting.push(task);
    setImmediate(this.#runNext);
  }

  readonly #endTurn = (): void => {
    this.#startedMs = undefined;
  };

  readonly #runNext = (): void => {
    if (this.hasTime()) this.#waiting.shift()?.();
    else setImmediate(this.#runNext);
  };
}
