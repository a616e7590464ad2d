import { expect, test } from "vitest";
import { Ring } from "./ring.js";

test("a ring keeps the last values in the order in which they came", () => {
  const ring = new Ring<number>(3);
  expect(ring.at(-1)).toBeUndefined();
  for (let value = 1; value <= 5; value++) ring.push(value);
  expect(ring.toArray()).toEqual([3, 4, 5]);
  expect([ring.at(0), ring.at(2), ring.at(-1), ring.at(-3)]).toEqual([3, 5, 5, 3]);
  expect([ring.at(3), ring.at(-4)]).toEqual([undefined, undefined]);
  expect(ring.length).toBe(3);
  ring.clear();
  ring.push(9);
  expect(ring.toArray()).toEqual([9]);
});
