/**
 * Time in which this process was awake.
 *
 * A checker that stands still itself (its event loop blocked, the machine too busy to give it time) reads late
 * what came in time. So its limits are waited for in short slices, and a slice that ended late hardly
 * counts; what lies in the sockets is read before the next one is over.
 */
const sliceMs = 50;
/** Later than this, and it was no timer's usual delay. */
const lateMsMax = 50;
/** A slice that stalled counts a little, so that every wait ends, on whatever machine. */
const stalledSliceMs = sliceMs / 2;

export interface StallTolerantTimer {
  /** How long it has run, milliseconds, without stalls. */
  readonly awakeMs: number;
  /** How long the present slice stalls already, milliseconds; zero while it does not. */
  readonly stallMs: number;
  cancel(): void;
}

/** Calls back once this process was awake for so long. `onStall` is told how long it was not, milliseconds. */
export function startStallTolerantTimer(
  ms: number,
  onEnd: () => void,
  onStall?: (stalledMs: number) => void,
): StallTolerantTimer {
  let awakeMs = 0;
  let sinceMs = 0;
  let plannedMs = 0;
  let timer: NodeJS.Timeout;

  function stallMs(): number {
    const lateMs = performance.now() - sinceMs - plannedMs;
    return lateMs > lateMsMax ? lateMs : 0;
  }

  function startSlice(nextMs: number): void {
    sinceMs = performance.now();
    plannedMs = nextMs;
    timer = setTimeout(() => {
      const stalledMs = stallMs();
      const wasOver = awakeMs >= ms;
      awakeMs += stalledMs > 0 ? stalledSliceMs : performance.now() - sinceMs;
      if (stalledMs > 0) onStall?.(stalledMs);
      // After a stall what is there to read comes first: there is one more slice.
      if (awakeMs >= ms && (stalledMs === 0 || wasOver)) onEnd();
      else startSlice(stalledMs > 0 ? sliceMs : Math.min(sliceMs, ms - awakeMs));
    }, plannedMs);
  }

  startSlice(Math.min(sliceMs, ms));
  return {
    get awakeMs() {
      return awakeMs + Math.min(sliceMs, performance.now() - sinceMs);
    },
    get stallMs() {
      return stallMs();
    },
    cancel: () => clearTimeout(timer),
  };
}

/** Resolves after so much time awake; rejects with the signal's reason. */
export async function sleepStallTolerant(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      timer.cancel();
      reject(signal.reason as Error);
    };
    const timer = startStallTolerantTimer(ms, () => {
      signal.removeEventListener("abort", stop);
      resolve();
    });
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** How this process stood still, milliseconds. */
export interface Stalls {
  readonly count: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

export interface StallWatch {
  readonly stalls: Stalls;
  /** The longest stall that has ended since then, by `performance.now()`; zero for none. */
  longestSince(sinceMs: number): number;
  stop(): void;
}

/** Watches until it is stopped. */
export function watchStalls(): StallWatch {
  const ended: { readonly atMs: number; readonly ms: number }[] = [];
  const timer = startStallTolerantTimer(
    Number.POSITIVE_INFINITY,
    () => {},
    (ms) => void ended.push({ atMs: performance.now(), ms }),
  );
  return {
    get stalls() {
      const totalMs = ended.reduce((sum, { ms }) => sum + ms, 0);
      const longestMs = Math.max(0, ...ended.map(({ ms }) => ms));
      return { count: ended.length, totalMs: Math.round(totalMs), longestMs: Math.round(longestMs) };
    },
    longestSince: (sinceMs) =>
      Math.max(timer.stallMs, ...ended.filter(({ atMs }) => atMs >= sinceMs).map(({ ms }) => ms)),
    stop: () => timer.cancel(),
  };
}

/** From a stall of this length on, a server may rightly think that its client is gone. */
const goneMs = 1000;
/** What a server does about it is read soon after the stall. */
const aftermathMs = 2000;

/** The reason for a doubt, where this process stood still since, or just before. */
export function inconclusiveAfterStall(stalls: StallWatch, sinceMs: number, stallMsMax = goneMs): string | undefined {
  const longestMs = stalls.longestSince(sinceMs - aftermathMs);
  return longestMs < stallMsMax ? undefined : `the checker itself stalled for ${(longestMs / 1000).toFixed(1)} s`;
}
