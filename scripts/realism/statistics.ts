/**
 * The statistics that distinguish a market from a random walk: plain functions of a series, without the simulator.
 */

export function mean(series: readonly number[]): number {
  return series.reduce((sum, x) => sum + x, 0) / series.length;
}

function centralMoment(series: readonly number[], order: 2 | 4): number {
  const centre = mean(series);
  return mean(series.map((x) => (order === 2 ? (x - centre) ** 2 : (x - centre) ** 4)));
}

/** 3 for a normal law; more for heavy tails. */
export function kurtosis(series: readonly number[]): number {
  return centralMoment(series, 4) / centralMoment(series, 2) ** 2;
}

/** Hill's estimate of the tail index, from the largest `share` of the absolute values. */
export function hillTailIndex(series: readonly number[], share: number): number {
  const sizes = series.map(Math.abs).sort((a, b) => b - a);
  const count = Math.max(2, Math.floor(sizes.length * share));
  const threshold = sizes[count]!;
  const sum = sizes.slice(0, count).reduce((total, size) => total + Math.log(size / threshold), 0);
  return count / sum;
}

export function autocorrelation(series: readonly number[], lag: number): number {
  const centre = mean(series);
  let covariance = 0;
  for (let i = lag; i < series.length; i++) covariance += (series[i]! - centre) * (series[i - lag]! - centre);
  return covariance / (centralMoment(series, 2) * series.length);
}

/**
 * How slowly an autocorrelation decays: minus the slope of its logarithm against that of the lag, least squares.
 * NaN when fewer than half of the lags have a positive value: then there is no decay to measure.
 */
export function decayExponent(series: readonly number[], lags: readonly number[]): number {
  const points = lags
    .map((lag) => [Math.log(lag), autocorrelation(series, lag)] as const)
    .filter(([, value]) => value > 0)
    .map(([x, value]) => [x, Math.log(value)] as const);
  if (points.length * 2 < lags.length) return Number.NaN;
  const mx = mean(points.map(([x]) => x));
  const my = mean(points.map(([, y]) => y));
  const sxy = points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  const sxx = points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  return -sxy / sxx;
}

/** Sums of `size` neighbours: returns over a longer interval. */
export function aggregate(series: readonly number[], size: number): number[] {
  return Array.from({ length: Math.floor(series.length / size) }, (_, bucket) =>
    series.slice(bucket * size, (bucket + 1) * size).reduce((sum, x) => sum + x, 0),
  );
}

export function correlation(a: readonly number[], b: readonly number[]): number {
  const ma = mean(a);
  const mb = mean(b);
  const covariance = mean(a.map((x, i) => (x - ma) * (b[i]! - mb)));
  return covariance / Math.sqrt(centralMoment(a, 2) * centralMoment(b, 2));
}

/** Mean over all pairs of series. */
export function meanPairwiseCorrelation(series: readonly (readonly number[])[]): number {
  const pairs = series.flatMap((a, i) => series.slice(i + 1).map((b) => correlation(a, b)));
  return mean(pairs);
}

/** Variance over mean of counts: 1 for a Poisson process. */
export function dispersion(counts: readonly number[]): number {
  return centralMoment(counts, 2) / mean(counts);
}

/** The middle value; NaN sorts as if it were larger than all. */
export function median(values: readonly number[]): number {
  const sorted = values.map((value) => (Number.isNaN(value) ? Infinity : value)).sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
