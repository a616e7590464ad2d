import { expect, test } from "vitest";
import { nextOccurrence, occurrencesBetween, stretchOf } from "./occurrences.js";

const minute = 60_000;
const scenarioEvents = [
  { type: "rumour" as const, at: "6m", every: "95m" },
  { type: "halt" as const, at: "10m" },
];
const times = (fromMin: number, toMin: number) =>
  occurrencesBetween(scenarioEvents, fromMin * minute, toMin * minute).map(({ atMs }) => atMs / minute);

test("a repeated scenario event comes again and again, another one once", () => {
  expect(times(0, 300)).toEqual([6, 10, 101, 196, 291]);
  expect(times(10, 102)).toEqual([10, 101]);
  expect(times(11, 101)).toEqual([]);
});

test("the next scenario event is found however far it is", () => {
  expect(nextOccurrence(scenarioEvents, 0)?.atMs).toBe(6 * minute);
  expect(nextOccurrence(scenarioEvents, 7 * minute)?.atMs).toBe(10 * minute);
  expect(nextOccurrence(scenarioEvents, 1000 * minute)?.atMs).toBe((6 + 11 * 95) * minute);
  expect(nextOccurrence([{ type: "halt", at: "3m" }], 4 * minute)).toBeUndefined();
});

test("the time line always has a future", () => {
  for (const hours of [0, 0.5, 0.76, 3, 10, 17.9, 18.1, 30, 300]) {
    expect(stretchOf(hours * 60 * minute)).toBeGreaterThanOrEqual((hours * 60 * minute) / 0.75);
  }
});
