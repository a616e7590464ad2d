/** Time without a processor is neither idle nor busy. */
import { expect, onTestFinished, test } from "vitest";
import { MissedTime, SchedulingWatch } from "./scheduling.js";

/** A watch whose timer fires when the test says so. */
function setUp(): { missed: MissedTime; pass: (wallMs: number, cpuMs: number) => void; close: () => void } {
  const watch = new SchedulingWatch();
  watch.stop();
  onTestFinished(() => watch.stop());
  const base = { nowMs: performance.now() + 1e6, usedMs: process.cpuUsage().user + 1e9 };
  watch.look(base.nowMs, base.usedMs);
  const before = watch.totalMs;
  const missed = new MissedTime(watch, base.nowMs);
  missed.close(false, base.nowMs);
  expect(watch.totalMs).toBe(before);
  return {
    missed,
    pass(wallMs, cpuMs) {
      base.nowMs += wallMs;
      base.usedMs += cpuMs;
      watch.look(base.nowMs, base.usedMs);
    },
    close: () => missed.close(true, base.nowMs),
  };
}

test("a quota that gives 12 of each 100 ms is evidence", () => {
  const { missed, pass, close } = setUp();
  for (let period = 0; period < 10; period += 1) pass(100, 12);
  close();
  expect(missed.totalMs).toBeCloseTo(10 * 78);
  expect(missed.evidence("a generator").join()).toMatch(
    /^a generator was not given a processor for 780 ms .* 78 ms at/,
  );
});

test("a single pause of half a second is evidence, and one of 100 ms is only counted", () => {
  const { missed, pass, close } = setUp();
  for (let at = 0; at < 90; at += 1) pass(10, 1);
  pass(110, 0);
  close();
  expect(missed.totalMs).toBe(100);
  expect(missed.evidence("it")).toEqual([]);
  pass(520, 1);
  for (let at = 0; at < 200; at += 1) pass(10, 1);
  close();
  expect(missed.evidence("it")).toHaveLength(1);
});

test("work of one's own, and small delays, are no time without a processor", () => {
  const { missed, pass, close } = setUp();
  for (let at = 0; at < 10; at += 1) pass(300, 295);
  for (let at = 0; at < 100; at += 1) pass(25, 0);
  close();
  expect(missed.totalMs).toBe(0);
  expect(missed.evidence("it")).toEqual([]);
});
