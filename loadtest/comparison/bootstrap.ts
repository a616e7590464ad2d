/**
 * How far the percentiles of a build would move if it were run again: a block bootstrap over the seconds of its runs.
 *
 * Neighbouring seconds resemble each other (a busy neighbour, a garbage collection), and so do all deliveries of a tick.
 * So blocks of seconds are drawn, never deliveries, and the number of blocks decides how sure a result can be.
 */
import { createStream } from "../../simulator/random/stream.js";
import { type RunLatencies, classWidth } from "./run-latencies.js";
import { studentQuantile, tailOf } from "./student.js";

/** Shorter blocks are not independent of each other. */
const blockSecondsMin = 5;
/** With fewer blocks nothing can be concluded. */
const blocksMin = 6;
/** Of a run that is longer the blocks are longer: what goes on for long makes neighbours alike, too. */
const blocksMax = 12;
/** So many that one of them lies as far out as an interval reaches: one of 120 on each side, more with few blocks. */
const resamples = 400;

/** Seconds that a side must have measured. */
export const measuredSecondsMin = blockSecondsMin * blocksMin;

/** Around a percentile, as differences of natural logarithms. */
export interface Reach {
  readonly below: number;
  readonly above: number;
}

interface Blocks {
  /** Latency class of each column. */
  readonly classes: readonly number[];
  /** Deliveries by column, a row for each block. */
  readonly rows: readonly Float64Array[];
}

function cutIntoBlocks(runs: readonly RunLatencies[]): Blocks {
  const seconds = runs.flatMap((run) => run.seconds);
  const classes = [...new Set(seconds.flatMap(({ classes: counts }) => Array.from(counts.keys())))].sort(
    (a, b) => a - b,
  );
  const columns = new Map(classes.map((one, column) => [one, column]));
  const rows = runs.flatMap((run) => {
    const length = run.measuredSeconds;
    // A run that is shorter than two blocks is one.
    const count = Math.max(1, Math.min(blocksMax, Math.floor(length / blockSecondsMin)));
    const own = Array.from({ length: run.seconds.length === 0 ? 0 : count }, () => new Float64Array(classes.length));
    for (const { second, classes: counts } of run.seconds) {
      const row = own[Math.floor(((second - run.seconds[0]!.second) * count) / length)]!;
      for (const [one, deliveries] of counts) row[columns.get(one)!]! += deliveries;
    }
    return own;
  });
  return { classes, rows };
}

/** The columns in which the shares of all deliveries are reached. */
function columnsAt(counts: Float64Array, shares: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const columns: number[] = [];
  let below = 0;
  for (let column = 0; column < counts.length && columns.length < shares.length; column += 1) {
    below += counts[column]!;
    while (columns.length < shares.length && below >= shares[columns.length]! * total) columns.push(column);
  }
  return columns;
}

/**
 * The wider of two at each end: the furthest draw, which follows a long tail, and so many standard deviations, which a
 * few blocks tell better.
 */
function reachOf(drawn: readonly number[], centre: number, quantile: number): Reach {
  const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
  const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (drawn.length - 1);
  // Nothing is known more exactly than the classes are wide.
  const deviations = quantile * Math.hypot(Math.sqrt(variance), classWidth / Math.sqrt(12));
  return {
    below: Math.max(deviations, centre - Math.min(...drawn)),
    above: Math.max(deviations, Math.max(...drawn) - centre),
  };
}

/**
 * How far each percentile may lie from the true one.
 *
 * @param runs of one build, long enough together
 * @param shares the percentiles, ascending, between 0 and 1
 * @param seed draws the blocks: the same one gives the same result
 */
export function estimateReach(runs: readonly RunLatencies[], shares: readonly number[], seed: string): Reach[] {
  const { classes, rows } = cutIntoBlocks(runs);
  const stream = createStream(seed, "comparison", "latency", "blocks");
  const counts = new Float64Array(classes.length);
  const add = (row: Float64Array): void => {
    for (let column = 0; column < row.length; column += 1) counts[column]! += row[column]!;
  };
  const measure = (): number[] => columnsAt(counts, shares).map((column) => classes[column]! * classWidth);
  rows.forEach(add);
  const centres = measure();
  const drawn: number[][] = shares.map(() => []);
  for (let resample = 0; resample < resamples; resample += 1) {
    counts.fill(0);
    // One block less than there are: with all of them the spread of few blocks comes out too small.
    for (let draw = 1; draw < rows.length; draw += 1) add(rows[Math.floor(stream.uniform() * rows.length)]!);
    measure().forEach((value, at) => drawn[at]!.push(value));
  }
  const quantile = studentQuantile(rows.length - 1, tailOf(shares.length));
  return drawn.map((values, at) => reachOf(values, centres[at]!, quantile));
}
