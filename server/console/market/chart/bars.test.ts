import { expect, test } from "vitest";
import { Bars, barsMax } from "./bars.js";

const level = (value: number) => ({ open: value, high: value, low: value, close: value });
const bar = (time: number, value: number) => ({ time, ...level(value) });

test("values go into the running bar, and the first one of the next interval begins a new bar", () => {
  const bars = new Bars(60_000);
  bars.note(60_000, level(10));
  bars.note(90_000, level(12));
  bars.note(119_999, level(9));
  bars.note(120_000, level(11));
  expect(bars.all).toEqual([{ time: 60, open: 10, high: 12, low: 9, close: 9 }, bar(120, 11)]);
  expect(bars.note(119_000, level(99))).toBeUndefined();
  expect(bars.all).toHaveLength(2);
});

test("the candle that begins a bar knows its open, and a later one within it does not", () => {
  const bars = new Bars(300_000);
  bars.note(300_250, level(11));
  bars.note(300_000, { open: 10, high: 12, low: 9, close: 11 }, true);
  bars.note(360_000, { open: 11, high: 13, low: 11, close: 13 }, true);
  expect(bars.all).toEqual([{ time: 300, open: 10, high: 13, low: 9, close: 13 }]);
});

test("older bars go before those that are there, and none comes twice", () => {
  const bars = new Bars(1000);
  bars.takeNewest([bar(5, 1), bar(6, 2)]);
  bars.prepend([bar(3, 0), bar(4, 0), bar(5, 99)]);
  expect(bars.all.map(({ time }) => time)).toEqual([3, 4, 5, 6]);
  expect(bars.all[2].close).toBe(1);
});

test("what was fetched anew replaces what it overlaps, and everything where it leaves a gap", () => {
  const bars = new Bars(1000);
  bars.takeNewest([bar(1, 1), bar(2, 2)]);
  bars.takeNewest([bar(2, 20), bar(3, 30)]);
  expect(bars.all.map(({ close }) => close)).toEqual([1, 20, 30]);
  bars.takeNewest([bar(4, 40)]);
  expect(bars.all).toHaveLength(4);
  // One that began while the others were on their way.
  bars.note(5000, level(50));
  bars.takeNewest([bar(3, 31), bar(4, 41)]);
  expect(bars.all.map(({ close }) => close)).toEqual([1, 20, 31, 41, 50]);
  bars.takeNewest([bar(9, 90)]);
  expect(bars.all.map(({ time }) => time)).toEqual([9]);
});

test("a chart that runs for days keeps a bounded number of bars", () => {
  const bars = new Bars(1000);
  for (let second = 0; second < 2 * barsMax; second++) {
    bars.note(second * 1000, level(second));
    bars.trim();
  }
  expect(bars.all.length).toBeLessThanOrEqual(barsMax);
  expect(bars.last?.close).toBe(2 * barsMax - 1);
});
