/** Waits for a server that is starting, as in a pipeline that has just begun it. */
import { TargetError } from "./errors.js";
import { sleepStallTolerant } from "./stall-tolerant-timer.js";
import type { Target } from "./target.js";
import { probeSocketIo } from "./target-requests.js";

const pollMs = 200;
/** Of a proxy whose server is not there yet, and of one that takes no subscribers yet. */
const startingStatuses: ReadonlySet<number> = new Set([502, 503, 504]);

/** Whether there is anything to wait for. An answer that says that the address is wrong is none that time mends. */
async function isStarting(target: Target, withinMs: number): Promise<boolean> {
  try {
    return startingStatuses.has((await probeSocketIo(target, withinMs)).status);
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    return error.code === "unreachable" || error.code === "noAnswer";
  }
}

/**
 * Resolves once each server answers, or when the time is over: the run itself then tells which.
 *
 * @param waitMs milliseconds for all of them together; 0 does not wait
 */
export async function waitForServers(
  targets: readonly Target[],
  waitMs: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const untilMs = performance.now() + waitMs;
  for (const target of targets)
    while (performance.now() < untilMs && !signal.aborted && (await isStarting(target, untilMs - performance.now())))
      await sleepStallTolerant(pollMs, signal).catch(() => {});
}
