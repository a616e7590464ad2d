/* eslint-disable approx-constant -- reference values stand as literals, or they would not be references */
import fc from "fast-check";
import { expect, test } from "vitest";
import { exp, log } from "./exp-log.js";

/** Correctly rounded, from 40-digit arithmetic. */
const exponentials: readonly (readonly [x: number, value: number])[] = [
  [0, 1],
  [0.5, 1.6487212707001282],
  [-0.5, 0.6065306597126334],
  [1, 2.718281828459045],
  [-1, 0.36787944117144233],
  [0.34657359, 1.4142135619771539],
  [0.1, 1.1051709180756477],
  [-0.0002, 0.9998000199986667],
  [1e-9, 1.000000001],
  [2.302585092994046, 10.000000000000002],
  [10, 22026.465794806718],
  [-20.25, 1.6052280551856116e-9],
  [100.5, 4.4319559098458955e43],
  [-300.75, 2.4318375918812883e-131],
  [700, 1.0142320547350045e304],
  [-707.5, 5.453232991066742e-308],
];

const logarithms: readonly (readonly [x: number, value: number])[] = [
  [1, 0],
  [2, 0.6931471805599453],
  [0.5, -0.6931471805599453],
  [1.0000000001, 1.000000082690371e-10],
  [0.9999, -0.00010000500033334732],
  [0.7071067811865475, -0.34657359027997275],
  [1.4142135623730951, 0.3465735902799727],
  [10, 2.302585092994046],
  [1e-10, -23.025850929940457],
  [1.1641532182693481e-10, -22.873856958478196],
  [3.7, 1.308332819650179],
  [1e300, 690.7755278982137],
  [2.5e-300, -689.8592371663395],
  [12345.678, 9.421061321291832],
  [2.2250738585072014e-308, -708.3964185322641],
];

/** One unit in the last place, as a share of the value. */
const ulp = 2.220446049250313e-16;

test.each(exponentials)("e to the power of %d is right to the last place", (x, value) => {
  expect(Math.abs(exp(x) - value)).toBeLessThanOrEqual(ulp * value);
});

test.each(logarithms)("the logarithm of %d is right to the last place", (x, value) => {
  expect(Math.abs(log(x) - value)).toBeLessThanOrEqual(ulp * Math.abs(value));
});

test("the logarithm takes back the exponential", () => {
  fc.assert(
    fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
      expect(Math.abs(log(exp(x)) - x)).toBeLessThanOrEqual(4 * ulp * Math.max(1, Math.abs(x)));
    }),
  );
});

test("what lies out of range has the limit as its value", () => {
  expect([exp(-800), exp(800), log(0), log(-1), log(Infinity)]).toEqual([0, Infinity, NaN, NaN, Infinity]);
});
