import fc from "fast-check";
import { expect, test } from "vitest";
import { inverseNormal } from "./normal.js";

/** Correctly rounded, from 40-digit arithmetic. The first and the last are the most extreme that a stream can give. */
const quantiles: readonly (readonly [p: number, x: number])[] = [
  [1.1641532182693481e-10, -6.3379577545537895],
  [1e-300, -37.0470962993612],
  [1e-12, -7.034483825301132],
  [1e-6, -4.753424308822899],
  [0.001, -3.0902323061678136],
  [0.025, -1.9599639845400543],
  [0.075, -1.439531470938456],
  [0.0750001, -1.4395307645017297],
  [0.1, -1.2815515655446004],
  [0.3, -0.5244005127080408],
  [0.5, 0],
  [0.5000000001, 2.506628482030354e-10],
  [0.6914624612740131, 0.5],
  [0.925, 1.4395314709384561],
  [0.975, 1.9599639845400538],
  [0.999999, 4.753424308817087],
  [0.9999999998835847, 6.3379577545537895],
];

test.each(quantiles)("the quantile of %d has a relative error below 2e-15", (p, x) => {
  expect(Math.abs(inverseNormal(p) - x)).toBeLessThanOrEqual(2e-15 * Math.abs(x));
});

test("the inverse normal is odd about one half and rises", () => {
  const share = fc.integer({ min: 1, max: 2 ** 31 }).map((n) => (n - 0.5) / 2 ** 32);
  fc.assert(
    fc.property(share, share, (p, q) => {
      expect(inverseNormal(1 - p)).toBe(-inverseNormal(p));
      if (p < q) expect(inverseNormal(p)).toBeLessThan(inverseNormal(q));
    }),
  );
});
