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

test("in stretches of any length, a frame too many that recurs later costs none of those in between", () => {
  for (const length of [300, 900, 1100, 3000]) {
    const expected = Array.from({ length }, (_, at) => (at % 100 === 99 ? "status" : `event ${at}`));
    const middle = length / 2 + 2;
    const received = expected.toSpliced(5, 0, "status").toSpliced(middle + 1, 1);
    const { inOrder, reordered, extra, missing } = align(received, expected);
    expect([inOrder.length, reordered, extra, missing], `of ${length}`).toEqual([length - 1, [], [5], [middle]]);
  }
});
