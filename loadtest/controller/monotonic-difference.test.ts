import { expect, test } from "vitest";
import { MonotonicDifference, type MonotonicReading } from "./monotonic-difference.js";

const dayMs = 86_400_000;

/** A round trip that took `upMs` there and `downMs` back, to a clock so far ahead. */
function roundTrip(aheadMs: number, sentMs: number, upMs: number, downMs: number): MonotonicReading {
  return { otherMs: sentMs + upMs + aheadMs, uncertaintyMs: 0, sentMs, receivedMs: sentMs + upMs + downMs };
}

test.each([10 * dayMs, -10 * dayMs, 40])(
  "a clock that is %i ms ahead is known to within half of the fastest round trip",
  (aheadMs) => {
    const difference = new MonotonicDifference(false);
    for (const [at, [upMs, downMs]] of [
      [90, 10],
      [6, 2],
      [30, 1],
    ].entries())
      difference.narrow(roundTrip(aheadMs, 1000 * at, upMs, downMs));
    expect(difference.isSameClock).toBe(false);
    expect(difference.uncertaintyMs).toBeLessThanOrEqual(4.5);
    expect(Math.abs(difference.aheadMs - aheadMs)).toBeLessThanOrEqual(difference.uncertaintyMs);
  },
);

test("at a loopback address a clock that may be this host's is it, however slow the answer was", () => {
  const difference = new MonotonicDifference(true);
  difference.narrow(roundTrip(0, 1000, 200, 900));
  expect(difference).toMatchObject({ isSameClock: true, aheadMs: 0, uncertaintyMs: 0 });
});

test("a forwarded port leads to another clock", () => {
  const difference = new MonotonicDifference(true);
  difference.narrow(roundTrip(-dayMs, 1000, 1, 1));
  expect(difference.isSameClock).toBe(false);
  expect(difference.aheadMs).toBeCloseTo(-dayMs, 3);
  expect(difference.uncertaintyMs).toBeCloseTo(1, 3);
});

test("another address of this host has its clock, where that is known to within a few milliseconds", () => {
  const difference = new MonotonicDifference(false);
  difference.narrow(roundTrip(0, 1000, 20, 20));
  expect(difference.isSameClock).toBe(false);
  difference.narrow(roundTrip(0, 2000, 1, 2));
  expect(difference).toMatchObject({ isSameClock: true, uncertaintyMs: 0 });
});

test("clocks that drift apart during the run are told by the uncertainty", () => {
  const difference = new MonotonicDifference(false);
  difference.narrow(roundTrip(500, 1000, 2, 2));
  const { aheadMs } = difference;
  difference.check(roundTrip(501, 2000, 3, 3));
  expect(difference.uncertaintyMs).toBeCloseTo(2, 3);
  difference.check(roundTrip(520, 3000, 3, 3));
  expect(difference.aheadMs).toBe(aheadMs);
  expect(difference.uncertaintyMs).toBeGreaterThanOrEqual(20);
});

test("what a member of a cluster states of its clock is added, the largest of all answers", () => {
  const difference = new MonotonicDifference(true);
  difference.narrow({ ...roundTrip(0, 1000, 1, 1), uncertaintyMs: 0.3 });
  expect(difference).toMatchObject({ isSameClock: true, aheadMs: 0, uncertaintyMs: 0.3 });
  difference.check({ ...roundTrip(0, 2000, 1, 1), uncertaintyMs: 0.7 });
  difference.check({ ...roundTrip(0, 3000, 1, 1), uncertaintyMs: 0.1 });
  expect(difference.uncertaintyMs).toBe(0.7);
});
