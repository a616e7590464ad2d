/**
 * A signal that aborts after a time in which this process was awake, or with another one.
 *
 * Made by hand, because Node 20 may collect a timeout that only AbortSignal.any still holds, and then a
 * request hangs for ever.
 */
import { startAwakeTimer } from "./awake.js";

export interface Deadline {
  readonly signal: AbortSignal;
  /** True when it was the time that ran out. */
  readonly isOver: boolean;
  /** Stops the clock; the signal no longer follows. */
  cancel(): void;
}

export function startDeadline(ms: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  let isOver = false;
  const follow = (): void => controller.abort(parent?.reason);
  const timer = startAwakeTimer(ms, () => {
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
    cancel() {
      timer.cancel();
      parent?.removeEventListener("abort", follow);
    },
  };
}
