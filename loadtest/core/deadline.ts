/**
 * Signals that abort after a time in which this process was awake: with another one, or some time after it.
 *
 * Made by hand, because Node 20 may collect a timeout that only AbortSignal.any still holds, and then a
 * request hangs for ever.
 */
import { type StallTolerantTimer, startStallTolerantTimer } from "./stall-tolerant-timer.js";

export interface Deadline {
  readonly signal: AbortSignal;
  /** True when it was the time that ran out. */
  readonly isOver: boolean;
  /** Aborts the signal now. */
  end(reason: Error): void;
  /** Stops the clock; the signal no longer follows. */
  cancel(): void;
}

/** What is left when a deadline has passed. */
export interface Grace {
  /** Aborted once it is over, too. */
  readonly signal: AbortSignal;
  /** Ends it now. */
  end(): void;
}

export function startDeadline(ms: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  let isOver = false;
  const follow = (): void => controller.abort(parent?.reason);
  const timer = startStallTolerantTimer(ms, () => {
    isOver = true;
    controller.abort(new DOMException(`${ms} ms are over`, "TimeoutError"));
  });
  if (parent?.aborted === true) follow();
  else parent?.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    get isOver() {
      return isOver;
    },
    end: (reason) => controller.abort(reason),
    cancel() {
      timer.cancel();
      parent?.removeEventListener("abort", follow);
    },
  };
}

/** Grants so much time after a signal has aborted. */
export function startGrace(ms: number, after: AbortSignal): Grace {
  const controller = new AbortController();
  let timer: StallTolerantTimer | undefined;
  const begin = (): void => {
    timer = startStallTolerantTimer(ms, () => controller.abort(after.reason));
  };
  if (after.aborted) begin();
  else after.addEventListener("abort", begin, { once: true });
  return {
    signal: controller.signal,
    end() {
      after.removeEventListener("abort", begin);
      timer?.cancel();
      controller.abort(new DOMException("the run is over", "AbortError"));
    },
  };
}
