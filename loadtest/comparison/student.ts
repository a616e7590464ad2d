/** The quantiles of Student's distribution that intervals need. */

/** All intervals of a comparison contain the true ratio with this probability. */
export const confidence = 0.95;

/** So often as many intervals, with two sides each, miss on one side of one of them. */
export function tailOf(intervals: number): number {
  return (1 - confidence) / (2 * intervals);
}

/** The probability between minus and plus `angle`, as the arc tangent of t / sqrt(freedom): Abramowitz and Stegun 26.7.3 and 26.7.4. */
function probabilityWithin(angle: number, freedom: number): number {
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = freedom % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let at = isOdd ? 3 : 2; at <= freedom - 2; at += 2) {
    term *= ((at - 1) / at) * cosine * cosine;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

/** More halvings change no bit. */
const halvings = 60;

/**
 * Beyond it lies the tail on each side.
 *
 * @param freedom whole, 1 at least
 */
export function studentQuantile(freedom: number, tail: number): number {
  let low = 0;
  let high = Math.PI / 2;
  for (let halving = 0; halving < halvings; halving += 1) {
    const middle = (low + high) / 2;
    if (probabilityWithin(middle, freedom) < 1 - 2 * tail) low = middle;
    else high = middle;
  }
  return Math.sqrt(freedom) * Math.tan(low);
}
