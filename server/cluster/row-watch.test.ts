import { expect, test } from "vitest";
import { monotonicMs } from "../core/timers.js";
import { RowWatch } from "./row-watch.js";

const startMs = monotonicMs();

/** What is suspected while the row is looked at every half second, as `numbers` has it: undefined is no answer. */
async function watch(numbers: readonly (number | undefined)[], epochs: { row: number; heard: number }, everyMs = 500) {
  const suspected: number[] = [];
  let number: number | undefined;
  const rowWatch = new RowWatch({
    read: () => (number === undefined ? Promise.reject(new Error()) : Promise.resolve({ epoch: epochs.row, number })),
    epoch: () => epochs.heard,
    onUnwritten: (epoch) => suspected.push(epoch),
  });
  for (const [at, next] of numbers.entries()) {
    number = next;
    rowWatch.look(startMs + 60_000 + at * everyMs);
    await new Promise(setImmediate);
  }
  return suspected;
}

const same = { row: 3, heard: 3 };

test("a leader whose row stays the same for two seconds is suspected, once", async () => {
  expect(await watch([7, 7, 7, 7], same)).toEqual([]);
  expect(await watch([7, 7, 7, 7, 7], same)).toEqual([3]);
  expect(await watch([7, 7, 7, 7, 7, 7, 7, 7], same)).toEqual([3]);
});

test.each([
  ["writes", [1, 2, 3, 4, 5, 6, 7, 8], same],
  ["writes once in two seconds", [1, 1, 1, 1, 2, 2, 2, 2, 3, 3], same],
  ["cannot be told, as Postgres does not answer this member either", [1, 1, 1, undefined, 1, 1, 1, 1], same],
  ["has only just been elected", [1, 1, 1, 1, 1, 1], { row: 4, heard: 3 }],
])("a leader that %s is not suspected", async (_what, numbers, epochs) => {
  expect(await watch(numbers, epochs)).toEqual([]);
});

test("a member that was away for a while begins anew", async () => {
  expect(await watch([7, 7, 7], same, 3000)).toEqual([]);
});
