/** The order of frames that subscribers received differently. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { findDisplaced, findDisorders, findOutOfOrder } from "./majority-order.js";

/** Who received a frame out of order; `12:ab` stands for the subscribers 1 and 2, which received a before b. */
function blame(frames: string, received: readonly string[]): string {
  const orders = new Map<string, string[]>();
  for (const text of received) {
    const [subscribers, order] = text.split(":");
    for (const subscriber of subscribers) orders.set(subscriber, order.split(""));
  }
  return [...findDisplaced(frames.split(""), orders)].map(([subscriber]) => subscriber).join("");
}

test.each([
  ["all received the order so far", "ab", ["123:ab"], ""],
  ["one of three received a pair swapped", "ab", ["12:ab", "3:ba"], "3"],
  ["the order so far is that of one of three", "ab", ["1:ab", "23:ba"], "1"],
  ["one frame came much too late", "abcde", ["12:abcde", "3:bcdea"], "3"],
  ["two of four disagree with two: the order stays", "ab", ["12:ab", "34:ba"], "34"],
  ["who received one of a pair has no vote and no fault", "ab", ["1:ab", "2:a", "3:b", "4:ba", "5:ba"], "1"],
  ["three pairs are voted on one by one", "abc", ["1:bac", "2:acb", "3:abc"], "12"],
  ["a circle of votes ends, with the order so far", "abc", ["1:abc", "2:bca", "3:cab"], "23"],
])("%s", (_, frames, received, expected) => {
  expect(blame(frames, received)).toBe(expected);
});

test("more frames than are voted on keep the order so far", () => {
  const frames = Array.from({ length: 100 }, (_, frame) => frame);
  const backwards = frames.toReversed();
  const orders = new Map(["a", "b", "c"].map((name, at) => [name, at === 0 ? frames : backwards]));
  expect([...findDisplaced(frames, orders)].filter(([name]) => name === "a")).toEqual([]);
  expect([...findDisplaced(frames, orders)].filter(([name]) => name !== "a")).toHaveLength(2 * 99);
});

test.each([
  [[0, 1, 2], []],
  [
    [1, 0, 2, 4, 3],
    [
      [0, 1],
      [3, 4],
    ],
  ],
  [[1, 2, 3, 0, 4], [[0, 1, 2, 3]]],
  [[], []],
])("disorders of %j lie at %j", (values, expected) => {
  expect(findDisorders(values)).toEqual(expected);
});

test("without what is out of order the rest is sorted, and each disorder has some of it", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(40), { maxLength: 20 }), (values) => {
      const stretches = findDisorders(values);
      const out = new Set(findOutOfOrder(values));
      const rest = values.filter((_, at) => !out.has(at));
      expect(rest).toEqual(rest.toSorted((a, b) => a - b));
      for (const at of out) expect(stretches.flat()).toContain(at);
      for (const stretch of stretches) expect(findOutOfOrder(stretch.map((at) => values[at]))).not.toEqual([]);
    }),
  );
});
