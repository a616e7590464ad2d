import { expect, test } from "vitest";
import { QuantityError, formatDuration, parseCount, parseDuration, parseSize } from "./quantities.js";

test.each([
  ["250ms", 250],
  ["30s", 30_000],
  ["5m", 300_000],
  ["1h", 3_600_000],
  ["1.5h", 5_400_000],
  ["2d", 172_800_000],
  ["0s", 0],
])("%s is %d milliseconds", (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs);
});

test.each(["", "10", "ten", "-5s", "5 weeks", "1h30m", "toString", "5constructor"])("%j is no duration", (text) => {
  expect(() => parseDuration(text)).toThrow(QuantityError);
});

test("counts and sizes carry their own units", () => {
  expect([parseCount("200"), parseCount("5k"), parseCount("1.5M")]).toEqual([200, 5000, 1_500_000]);
  expect([parseSize("64KiB"), parseSize("1MB"), parseSize("512B")]).toEqual([65_536, 1_000_000, 512]);
  expect(() => parseCount("5s")).toThrow(/"5s" is not a count/);
});

test("a formatted duration is parsed to itself", () => {
  for (const durationMs of [0, 1, 250, 1000, 90_000, 120_000, 3_600_000, 7_200_000, 172_800_000, 123_456]) {
    expect(parseDuration(formatDuration(durationMs))).toBe(durationMs);
  }
});
