import { expect, test } from "vitest";
import {
  aggregate,
  autocorrelation,
  correlation,
  decayExponent,
  dispersion,
  hillTailIndex,
  kurtosis,
  meanPairwiseCorrelation,
  median,
} from "./statistics.js";

/** A plain linear congruential generator: the statistics are tested without the simulator. */
function uniforms(count: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  });
}

function normals(count: number, seed: number): number[] {
  const [a, b] = [uniforms(count, seed), uniforms(count, seed + 77)];
  return a.map((u, n) => Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * b[n]));
}

test("the kurtosis of two points is 1, of a normal sample 3, of a Laplace sample 6", () => {
  expect(kurtosis([1, -1, 1, -1])).toBe(1);
  expect(kurtosis(normals(100_000, 1))).toBeCloseTo(3, 1);
  const laplace = uniforms(200_000, 5).map((u) => (u < 0.5 ? Math.log(2 * u) : -Math.log(2 - 2 * u)));
  expect(Math.abs(kurtosis(laplace) - 6)).toBeLessThan(0.3);
});

test("Hill's estimate finds the index of a Pareto law", () => {
  const pareto = uniforms(100_000, 3).map((u) => u ** (-1 / 3));
  expect(Math.abs(hillTailIndex(pareto, 0.01) - 3)).toBeLessThan(0.3);
});

test("the autocorrelation of an autoregression falls as the power of its coefficient", () => {
  const noise = normals(100_000, 9);
  const series: number[] = [];
  for (const [n, z] of noise.entries()) series.push(n === 0 ? z : 0.8 * series[n - 1] + z);
  expect(autocorrelation(series, 0)).toBeCloseTo(1, 10);
  expect(autocorrelation(series, 1)).toBeCloseTo(0.8, 1);
  expect(autocorrelation(series, 3)).toBeCloseTo(0.512, 1);
});

test("there is no decay to measure in noise, and less of one in a longer memory", () => {
  expect(decayExponent(normals(5000, 2), [5, 50, 500, 1000, 2000])).not.toBeCloseTo(0.3, 1);
  const memory = (keep: number) => {
    const series: number[] = [];
    for (const [n, z] of normals(50_000, 4).entries()) series.push(n === 0 ? z : keep * series[n - 1] + z);
    return decayExponent(series, [5, 10, 20, 40]);
  };
  expect(memory(0.99)).toBeLessThan(memory(0.95));
  expect(decayExponent([1, -1, 1, -1, 1, -1, 1, -1], [1, 3, 5])).toBeNaN();
});

test("sums of neighbours, correlations, dispersion and median", () => {
  expect(aggregate([1, 2, 3, 4, 5], 2)).toEqual([3, 7]);
  expect(correlation([1, 2, 3], [2, 4, 6])).toBeCloseTo(1, 12);
  expect(correlation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
  expect(
    meanPairwiseCorrelation([
      [1, 2, 3],
      [2, 4, 6],
      [3, 2, 1],
    ]),
  ).toBeCloseTo(-1 / 3, 12);
  expect(dispersion([0, 4, 0, 4])).toBe(2);
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([Number.NaN, 1, Number.NaN])).toBe(Infinity);
});
