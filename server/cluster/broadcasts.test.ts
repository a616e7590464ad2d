/** Broadcasts that wait for a connection: within ten seconds and a mebibyte. */
import { expect, test } from "vitest";
import { Broadcasts } from "./broadcasts.js";

const eventsOf = (text = "") => [{ event: "market:update", payload: { sectorId: text, value: 1 } }] as never;
const numbersOf = ({ waiting }: Broadcasts) => waiting.map(({ number }) => number);

test("what waits for longer than ten seconds is dropped and counted, the oldest first", () => {
  const broadcasts = new Broadcasts("a");
  for (const second of [1, 2, 3]) broadcasts.add(eventsOf(), second * 1000);
  broadcasts.trim(11_000);
  expect([numbersOf(broadcasts), broadcasts.dropped]).toEqual([[1, 2, 3], 0]);
  broadcasts.trim(12_500);
  expect([numbersOf(broadcasts), broadcasts.dropped]).toEqual([[3], 2]);
});

test("more than a mebibyte is dropped and counted, the oldest first; what comes back is not", () => {
  const broadcasts = new Broadcasts("a");
  const text = "x".repeat(300_000);
  const [first] = [1, 2, 3].map(() => broadcasts.add(eventsOf(text), 0));
  expect([broadcasts.take(first), broadcasts.take(first)]).toEqual([true, false]);
  broadcasts.add(eventsOf(text), 0);
  broadcasts.trim(0);
  expect([numbersOf(broadcasts), broadcasts.dropped]).toEqual([[2, 3, 4], 0]);
  broadcasts.add(eventsOf(text), 0);
  broadcasts.trim(0);
  expect([numbersOf(broadcasts), broadcasts.dropped]).toEqual([[3, 4, 5], 1]);
});
