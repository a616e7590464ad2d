import { expect, test } from "vitest";
import { ClockDifference, type DateReading, readDate } from "./clock-difference.js";
import { monotonicMs } from "./monotonic.js";
import { WallClock } from "./wall-clock.js";

interface Trial {
  readonly aheadMs: number;
  /** One way, each way. */
  readonly travelMs: number;
  /** How late in the second the header is renewed. @default 0 */
  readonly renewedMs?: number;
  readonly server?: string;
}

/** What a server answers whose clock is so far ahead. */
function ask({ aheadMs, travelMs, renewedMs = 0, server = "" }: Trial, sentMs: number): DateReading {
  const serverMs = sentMs + travelMs + aheadMs;
  const dateMs = Math.floor((serverMs - renewedMs) / 1000) * 1000;
  const headers = new Headers({ date: new Date(dateMs).toUTCString(), server });
  const reading = readDate(headers, sentMs, sentMs + 2 * travelMs);
  if (reading === undefined) throw new Error("the header was not read");
  return reading;
}

/** Asks as often as told, each time when the header is about to change. */
function askOften(trial: Trial, times: number, startMs = 1_700_000_000_123): ClockDifference {
  const difference = new ClockDifference();
  let nowMs = startMs;
  for (let time = 0; time < times; time += 1) {
    difference.add(ask(trial, nowMs));
    nowMs += 500;
    nowMs += difference.untilChangeMs(nowMs + trial.travelMs);
  }
  return difference;
}

test.each([0, 0.4, -250, 3217, -86_400_000])(
  "a clock that is %f ms ahead is found to within the way there and back",
  (aheadMs) => {
    const { bounds, readings } = askOften({ aheadMs, travelMs: 5 }, 12);
    expect(readings).toBe(12);
    expect(bounds?.lowMs).toBeLessThanOrEqual(aheadMs);
    expect(bounds?.highMs).toBeGreaterThanOrEqual(aheadMs);
    expect(Number(bounds?.highMs) - Number(bounds?.lowMs)).toBeLessThan(12);
  },
);

test("one answer tells a second, and no answer nothing", () => {
  expect(new ClockDifference().bounds).toBeUndefined();
  const { bounds } = askOften({ aheadMs: 0, travelMs: 5 }, 1);
  expect(Number(bounds?.highMs) - Number(bounds?.lowMs)).toBe(1010);
  expect(readDate(new Headers(), 0, 1)).toBeUndefined();
  expect(readDate(new Headers({ date: "soon" }), 0, 1)).toBeUndefined();
});

test.each([0, 130, 600, 999])(
  "a header that uvicorn renews %i ms late in each second still bounds the clock",
  (renewedMs) => {
    const { bounds } = askOften({ aheadMs: 40, travelMs: 5, renewedMs, server: "uvicorn" }, 12);
    expect(bounds?.lowMs).toBeLessThanOrEqual(40);
    expect(bounds?.highMs).toBeGreaterThanOrEqual(40);
    expect(Number(bounds?.highMs) - Number(bounds?.lowMs)).toBeLessThan(1012);
  },
);

test("after a clock was moved the bounds enclose where it was and where it is", () => {
  const difference = askOften({ aheadMs: 0, travelMs: 5 }, 12);
  for (let time = 0; time < 12; time += 1)
    difference.add(ask({ aheadMs: 5000, travelMs: 5 }, 1_700_000_100_000 + time * 1083));
  expect(difference.bounds?.lowMs).toBeLessThanOrEqual(0);
  expect(difference.bounds?.highMs).toBeGreaterThanOrEqual(5000);
  expect(difference.bounds?.highMs).toBeLessThan(5200);
});

test("this machine's wall clock is read more finely than it shows", () => {
  const clock = new WallClock();
  for (let time = 0; time < 20; time += 1) clock.refresh();
  expect(clock.errorMs).toBeLessThan(0.5);
  const beforeMs = monotonicMs();
  const shownMs = Date.now();
  expect(clock.monotonicMsAt(shownMs + 1)).toBeGreaterThanOrEqual(beforeMs - clock.errorMs);
  expect(clock.monotonicMsAt(shownMs)).toBeLessThanOrEqual(monotonicMs() + clock.errorMs);
});

test("a step of this machine's clock is part of what is uncertain", () => {
  const offsets = [1000, 1000.25, 900, 900];
  const clock = new WallClock(() => ({ offsetMs: offsets.shift() ?? Number.NaN, errorMs: 0.02 }));
  expect(clock.monotonicMsAt(1500)).toBe(500);
  for (let time = 0; time < 3; time += 1) clock.refresh();
  expect(clock.monotonicMsAt(1500)).toBe(600);
  expect(clock.errorMs).toBe(100.25);
});
