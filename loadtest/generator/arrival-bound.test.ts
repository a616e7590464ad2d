import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { ArrivalBound } from "./arrival-bound.js";

/** A loop whose time goes on as the test says; each turn ends where the test waits for the next. */
function startLoop() {
  const times = { ms: 1000, idleMs: 0 };
  const bound = new ArrivalBound({ nowMs: () => times.ms, idleMs: () => times.idleMs });
  return {
    bound,
    work: (ms: number) => void (times.ms += ms),
    sleep(ms: number) {
      times.ms += ms;
      times.idleMs += ms;
    },
    read: () => bound.earliestMs(times.ms),
    nextTurn: () => setImmediate(),
    get ms() {
      return times.ms;
    },
  };
}

test("what wakes a loop has just arrived, and what is read after it in the same turn can have, too", async () => {
  const loop = startLoop();
  loop.read();
  await loop.nextTurn();
  loop.sleep(100);
  const wokenMs = loop.ms;
  expect(loop.read()).toBe(wokenMs);
  loop.work(30);
  expect(loop.read()).toBe(wokenMs);
});

test("what a busy loop reads in a turn came after the turn before it had begun to read", async () => {
  const loop = startLoop();
  loop.sleep(100);
  const firstMs = loop.ms;
  loop.read();
  loop.work(30);
  await loop.nextTurn();
  expect(loop.read()).toBe(firstMs);
  const secondMs = loop.ms;
  loop.work(5);
  await loop.nextTurn();
  expect(loop.read()).toBe(secondMs);
});

test("a loop that slept and then worked before it read had nothing to read while it slept", async () => {
  const loop = startLoop();
  loop.read();
  await loop.nextTurn();
  loop.sleep(100);
  const sleptMs = loop.ms;
  loop.work(20);
  expect(loop.read()).toBe(sleptMs);
});

test("a loop that stays awake has read all that came before its last asking but one", async () => {
  const loop = startLoop();
  loop.read();
  await loop.nextTurn();
  for (let turn = 0; turn < 3; turn += 1) {
    loop.work(1);
    loop.bound.asked(loop.ms);
  }
  const lastMs = loop.ms;
  loop.work(0.5);
  expect(loop.read()).toBe(lastMs - 1);
});

test("what was held and is judged later arrived no later than it was read", async () => {
  const loop = startLoop();
  loop.sleep(100);
  const readMs = loop.ms;
  loop.work(50);
  expect(loop.bound.earliestMs(readMs)).toBe(readMs);
  loop.read();
  expect(loop.bound.earliestMs(readMs)).toBe(readMs);
});
