import { expect, test } from "vitest";
import { type TraceEvent, readMainThread } from "./trace.js";

/** Milliseconds; the page is process 1, thread 1. */
function event(name: string, atMs: number, ms: number, cpuMs = ms, pid = 1): TraceEvent {
  return { name, ph: "X", pid, tid: 1, ts: atMs * 1000, dur: ms * 1000, tdur: cpuMs * 1000 };
}

function mainThread(pid: number): TraceEvent {
  return { name: "thread_name", ph: "M", pid, tid: 1, ts: 0, args: { name: "CrRendererMain" } };
}

test("tasks, frames and script are read from a trace by processor time", () => {
  const trace = [
    mainThread(1),
    mainThread(2),
    event("RunTask", 0, 500, 500, 2),
    event("FireAnimationFrame", 0, 1, 1, 2),
    // A frame with script in script, then a message, then a frame that waits long for its core.
    event("RunTask", 100, 8),
    event("FireAnimationFrame", 101, 3),
    event("FunctionCall", 102, 2),
    event("RunTask", 110, 2),
    event("FunctionCall", 110, 1),
    event("RunTask", 116, 84, 60),
    event("FireAnimationFrame", 118, 50, 30),
  ];
  expect(readMainThread(trace)).toEqual({
    spanMs: 100,
    frames: 2,
    frameCpuMs: [8, 60],
    otherCpuMs: 2,
    taskCpuMsMax: 60,
    taskMsMax: 84,
    longTasks: 1,
    cpuMs: 70,
    scriptCpuMs: 34,
  });
});

test("a trace without a whole frame or without processor times is refused", () => {
  expect(() => readMainThread([mainThread(1), event("RunTask", 0, 5)])).toThrow("no animation frame");
  const cut = [mainThread(1), event("RunTask", 0, 5), event("FireAnimationFrame", 6, 1)];
  expect(() => readMainThread(cut)).toThrow("no whole frame");
  const withoutCpu = [mainThread(1), event("RunTask", 0, 5, 0), event("FireAnimationFrame", 1, 1, 0)];
  expect(() => readMainThread(withoutCpu)).toThrow("no processor times");
});
