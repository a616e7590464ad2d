import { expect, test } from "vitest";
import { studentQuantile, tailOf } from "./student.js";

test.each([
  [1, 0.025, 12.7062],
  [2, 0.025, 4.3027],
  [5, 1 / 120, 3.5341],
  [9, 0.005, 3.2498],
  [10, 0.0005, 4.5869],
  [120, 0.025, 1.9799],
  [1001, 0.025, 1.9623],
])("with %i degrees of freedom a tail of %d lies beyond %d, as tables have it", (freedom, tail, quantile) => {
  expect(studentQuantile(freedom, tail)).toBeCloseTo(quantile, 3);
});

test("three intervals share one twentieth", () => {
  expect(tailOf(3)).toBeCloseTo(1 / 120, 12);
});
