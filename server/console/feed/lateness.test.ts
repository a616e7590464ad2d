import { expect, test } from "vitest";
import { latenessOf } from "./lateness.js";

/** Heard of once a second, at 100 times. */
const places = [0, 1, 2, 3, 4, 5].map((second) => ({ simulatedMs: 100_000 * second, heardMs: 1000 * second }));

test.each([
  ["of the newest place or after it", 500_000, 5100, undefined],
  ["from between the last two places, just before the newest was heard of", 450_000, 4900, 0],
  ["sent three seconds ago", 200_000, 5000, 3000],
  ["sent before three to four seconds ago", 150_000, 5500, 3500],
  ["with a time of its own", -1, 5000, undefined],
])("an event is as late as the place that it should have come before: %s", (_which, eventMs, arrivedMs, ms) => {
  expect(latenessOf(places, eventMs, arrivedMs)?.ms).toBe(ms);
});

test("a page that has all there is is not late, however long that took", () => {
  const paused = [...places, { simulatedMs: 500_000, heardMs: 5200 }];
  expect(latenessOf(paused, 400_000, 9000)).toEqual({ ms: 5000, simulatedMs: 100_000 });
  expect(latenessOf(paused, 500_000, 11_000)).toBeUndefined();
});

test("where the simulation leaps or nothing happens, what came before is not late", () => {
  const sought = [...places, { simulatedMs: 9_000_000, heardMs: 5200 }];
  expect(latenessOf(sought, 500_000, 5050)?.ms).toBe(50);
  expect(latenessOf([], 500_000, 5050)).toBeUndefined();
});
