import { expect, test } from "vitest";
import { ClockBounds, type ClockReading } from "./clock-bounds.js";

/** A round trip that took `upMs` there and `downMs` back, to a clock so far ahead. */
function roundTrip(aheadMs: number, sentMs: number, upMs: number, downMs: number): ClockReading {
  return { otherMs: sentMs + upMs + aheadMs, sentMs, receivedMs: sentMs + upMs + downMs };
}

test("the bounds are the intersection of the readings", () => {
  const bounds = new ClockBounds();
  expect(bounds.at(0)).toEqual({ lowMs: -Infinity, highMs: Infinity });
  bounds.add(roundTrip(500, 1000, 10, 1));
  bounds.add(roundTrip(500, 1020, 1, 10));
  const { lowMs, highMs } = bounds.at(1031);
  expect(lowMs).toBeCloseTo(499, 1);
  expect(highMs).toBeCloseTo(501, 1);
});

test("a reading bounds 100 ppm less as time passes, and is forgotten after 30 s where there are newer ones", () => {
  const bounds = new ClockBounds();
  bounds.add(roundTrip(0, 0, 0, 0));
  expect(bounds.at(10_000)).toEqual({ lowMs: -1, highMs: 1 });
  bounds.add(roundTrip(0, 30_001, 5, 5));
  expect(bounds.at(30_011).highMs).toBeCloseTo(5, 2);
  expect(bounds.at(90_011).highMs).toBeCloseTo(11, 2);
});

test("a reading that contradicts older ones replaces them", () => {
  const bounds = new ClockBounds();
  bounds.add(roundTrip(500, 1000, 1, 1));
  bounds.add(roundTrip(900, 2000, 4, 4));
  expect(bounds.at(2008).lowMs).toBeCloseTo(896, 2);
  expect(bounds.at(2008).highMs).toBeCloseTo(904, 2);
});

test("where the other clock may have been moved, what was known of it is wider by that", () => {
  const bounds = new ClockBounds();
  bounds.add(roundTrip(500, 1000, 0, 0));
  bounds.widen(2);
  expect(bounds.at(1000)).toEqual({ lowMs: 498, highMs: 502 });
});
