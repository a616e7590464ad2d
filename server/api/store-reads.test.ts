import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { StoreReads } from "./store-reads.js";

test("eight reads run at a time, the others follow in order, eight in a turn of the event loop at most", async () => {
  const reads = new StoreReads();
  const began: number[] = [];
  let running = 0;
  let runningMax = 0;
  const all = Array.from({ length: 100 }, (_, n) =>
    reads.run(async () => {
      began.push(n);
      runningMax = Math.max(runningMax, ++running);
      await Promise.resolve();
      running -= 1;
      return n;
    }),
  );
  const beganByTurn: number[] = [];
  while (began.length < 100) {
    beganByTurn.push(began.length);
    await nextTurn();
  }
  expect(await Promise.all(all)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  expect(began).toEqual(Array.from({ length: 100 }, (_, n) => n));
  expect(runningMax).toBe(8);
  expect(beganByTurn.every((count, turn) => count - (beganByTurn[turn - 1] ?? 0) <= 8)).toBe(true);
});

test("a read that fails leaves its place", async () => {
  const reads = new StoreReads();
  for (let n = 0; n < 20; n++) {
    await expect(reads.run(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  }
  expect(await reads.run(async () => "fine")).toBe("fine");
});
