/**
 * What a page's main thread did, from a Chromium trace.
 *
 * Measured in processor time of the thread: on a shared machine, wall time includes waiting for a core.
 */

/** An event of a Chromium trace; times in microseconds. */
export interface TraceEvent {
  readonly name: string;
  /** "X" is a complete event with a duration, "M" metadata. */
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** Processor time of the thread during the event. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

export interface MainThread {
  /** From the first task to the end of the last one. */
  readonly spanMs: number;
  readonly frames: number;
  /** Processor time of each task that draws a frame, in rising order. */
  readonly frameCpuMs: readonly number[];
  /** Processor time of all other tasks together: messages, timers. */
  readonly otherCpuMs: number;
  /** Each task's processor time and duration, the longest first by either. */
  readonly taskCpuMsMax: number;
  readonly taskMsMax: number;
  /** Tasks of more than 50 ms, by processor time. */
  readonly longTasks: number;
  readonly cpuMs: number;
  /** The part of `cpuMs` that runs script and collects its garbage. */
  readonly scriptCpuMs: number;
}

const longTaskMs = 50;

/** What DevTools counts as scripting. */
const scripting = new Set([
  "FireAnimationFrame",
  "FireIdleCallback",
  "TimerFire",
  "EventDispatch",
  "FunctionCall",
  "EvaluateScript",
  "v8.compile",
  "RunMicrotasks",
  "MinorGC",
  "MajorGC",
  "BlinkGC.AtomicPhase",
  "XHRReadyStateChange",
  "WebSocketReceive",
]);

const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;

/** The main thread with the most frames: a browser has several page processes. */
function pageThread(events: readonly TraceEvent[]): TraceEvent[] {
  const mains = new Set(
    events.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain").map(threadOf),
  );
  const frames = new Map<string, number>();
  for (const event of events) {
    const thread = threadOf(event);
    if (event.name === "FireAnimationFrame" && mains.has(thread)) frames.set(thread, (frames.get(thread) ?? 0) + 1);
  }
  const [page] = [...frames].toSorted(([, a], [, b]) => b - a);
  if (page === undefined) throw new Error("the trace has no animation frame");
  return events
    .filter((event) => event.ph === "X" && threadOf(event) === page[0])
    .toSorted((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
}

/** Processor time of the events, nested ones counted once. */
function outermostCpuUs(events: readonly TraceEvent[]): number {
  let endUs = Number.NEGATIVE_INFINITY;
  let cpuUs = 0;
  for (const { ts, dur = 0, tdur = 0 } of events) {
    if (ts < endUs) continue;
    endUs = ts + dur;
    cpuUs += tdur;
  }
  return cpuUs;
}

/** @throws when the trace has no whole frame, or no processor times */
export function readMainThread(events: readonly TraceEvent[]): MainThread {
  const all = pageThread(events);
  const tasks = all.filter(({ name }) => name === "RunTask");
  const starts = all.filter(({ name }) => name === "FireAnimationFrame").map(({ ts }) => ts);
  const [first] = tasks;
  const last = tasks.at(-1);
  const cpuUs = tasks.reduce((sum, { tdur = 0 }) => sum + tdur, 0);
  if (first === undefined || last === undefined || cpuUs === 0)
    throw new Error("the trace has no processor times of the page's main thread");
  let next = 0;
  const drawing = tasks.filter(({ ts, dur = 0 }) => {
    const before = next;
    while (next < starts.length && starts[next]! < ts + dur) next++;
    return next > before;
  });
  if (drawing.length === 0) throw new Error("the trace has no whole frame");
  const frameCpuMs = drawing.map(({ tdur = 0 }) => tdur / 1000).toSorted((a, b) => a - b);
  return {
    spanMs: (last.ts + (last.dur ?? 0) - first.ts) / 1000,
    frames: starts.length,
    frameCpuMs,
    otherCpuMs: cpuUs / 1000 - frameCpuMs.reduce((sum, ms) => sum + ms, 0),
    taskCpuMsMax: Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000,
    taskMsMax: Math.max(...tasks.map(({ dur = 0 }) => dur)) / 1000,
    longTasks: tasks.filter(({ tdur = 0 }) => tdur > longTaskMs * 1000).length,
    cpuMs: cpuUs / 1000,
    scriptCpuMs: outermostCpuUs(all.filter(({ name }) => scripting.has(name))) / 1000,
  };
}
