import fc from "fast-check";
import { expect, test } from "vitest";
import { align } from "./alignment.js";

const stretch = (text: string) => text.split("");

test.each([
  ["ace", "abcde", { inOrder: 3, missing: 2 }],
  ["ba", "ab", { inOrder: 1, reordered: 1 }],
  ["axc", "abc", { inOrder: 2, replaced: 1 }],
  ["aab", "ab", { inOrder: 2, extra: 1 }],
  ["", "abc", { missing: 3 }],
  ["xyz", "", { extra: 3 }],
])("%j in place of %j", (received, expected, counts) => {
  const result = align(stretch(received), stretch(expected));
  const found = { inOrder: 0, reordered: 0, replaced: 0, extra: 0, missing: 0 };
  expect({
    inOrder: result.inOrder.length,
    reordered: result.reordered.length,
    replaced: result.replaced.length,
    extra: result.extra.length,
    missing: result.missing.length,
  }).toEqual({ ...found, ...counts });
});

test("a repeated frame never stands in for a missing one", () => {
  const result = align(["old"], ["new"], (text) => text === "old");
  expect(result).toMatchObject({ replaced: [], extra: [0], missing: [0] });
});

test("of several copies in a row the first is meant", () => {
  const { inOrder } = align(stretch("xab"), stretch("aab"));
  expect(inOrder).toEqual([
    [1, 0],
    [2, 2],
  ]);
});

test("every frame of both stretches is accounted for exactly once", () => {
  const frames = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 12 });
  fc.assert(
    fc.property(frames, frames, (received, expected) => {
      const { inOrder, reordered, replaced, extra, missing } = align(received, expected);
      const pairs = [...inOrder, ...reordered, ...replaced];
      expect([...pairs.map(([row]) => row), ...extra].toSorted((x, y) => x - y)).toEqual(received.map((_, row) => row));
      expect([...pairs.map(([, column]) => column), ...missing].toSorted((x, y) => x - y)).toEqual(
        expected.map((_, column) => column),
      );
      for (const [row, column] of [...inOrder, ...reordered]) expect(received[row]).toBe(expected[column]);
    }),
  );
});
