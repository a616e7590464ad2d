/**
 * The stylised facts of markets as gates: a statistic, and the range in which it must lie.
 *
 * Sources: Cont 2001; Ratliff-Crain et al. 2023. A gate looks at the median over the seeds, because the
 * tail of a single seed varies widely.
 */
import { formatTable } from "../../loadtest/report/table.js";
import type { MarketSample } from "./sample.js";
import {
  aggregate,
  autocorrelation,
  decayExponent,
  dispersion,
  hillTailIndex,
  kurtosis,
  mean,
  meanPairwiseCorrelation,
  median,
} from "./statistics.js";

export interface Gate {
  readonly name: string;
  readonly statistic: string;
  /** The statistic of one seed. */
  readonly measure: (sample: MarketSample) => number;
  readonly min: number;
  readonly max: number;
}

const sessionMinutes = 390;
const decayLags = [5, 8, 13, 20, 32, 50, 80, 130, 200, 320, 500, 800, 1250, 1950];

/** Mean absolute return in these minutes of the sessions. */
function meanSize(returns: readonly number[], from: number, to: number): number {
  return mean(returns.filter((_, i) => i % sessionMinutes >= from && i % sessionMinutes < to).map(Math.abs));
}

const midday = [165, 225] as const;

export const marketGates: readonly Gate[] = [
  {
    name: "heavy tails",
    statistic: "kurtosis of 1-min returns",
    measure: ({ flatReturns }) => kurtosis(flatReturns),
    min: 8,
    max: 100,
  },
  {
    name: "tail index",
    statistic: "Hill, top 1 %",
    measure: ({ flatReturns }) => hillTailIndex(flatReturns, 0.01),
    min: 2,
    max: 5,
  },
  {
    name: "volatility clusters",
    statistic: "ACF of |r|, lag 1",
    measure: ({ flatReturns }) => autocorrelation(flatReturns.map(Math.abs), 1),
    min: 0.15,
    max: 0.5,
  },
  {
    name: "and decays slowly",
    statistic: "exponent of ACF of |r|, lags 5 to 1950",
    measure: ({ flatReturns }) => decayExponent(flatReturns.map(Math.abs), decayLags),
    min: 0.2,
    max: 0.45,
  },
  ...(
    [
      [1, 5],
      [5, 30],
      [30, 390],
    ] as const
  ).map(([short, long]): Gate => ({
    name: "aggregational Gaussianity",
    statistic: `kurtosis at ${short} min - at ${long} min`,
    measure: ({ flatReturns }) => kurtosis(aggregate(flatReturns, short)) - kurtosis(aggregate(flatReturns, long)),
    min: 0.2,
    max: Infinity,
  })),
  {
    name: "no linear memory",
    statistic: "largest |ACF of r|, lags 1 to 10",
    measure: ({ flatReturns }) =>
      Math.max(...Array.from({ length: 10 }, (_, lag) => Math.abs(autocorrelation(flatReturns, lag + 1)))),
    min: 0,
    max: 0.05,
  },
  {
    name: "lively open",
    statistic: "mean |r|, first 15 min / midday",
    measure: ({ minuteReturns }) => meanSize(minuteReturns, 0, 15) / meanSize(minuteReturns, ...midday),
    min: 1.7,
    max: 3,
  },
  {
    name: "lively close",
    statistic: "mean |r|, last 15 min / midday",
    measure: ({ minuteReturns }) =>
      meanSize(minuteReturns, sessionMinutes - 15, sessionMinutes) / meanSize(minuteReturns, ...midday),
    min: 1.1,
    max: 1.8,
  },
];

/** Correlation of the sectors' daily returns; needs 250 sessions, more than the others. */
export const correlationGate: Gate = {
  name: "sectors move together",
  statistic: "mean pairwise correlation of daily returns",
  measure: ({ dailyReturns }) => meanPairwiseCorrelation(dailyReturns),
  min: 0.45,
  max: 0.75,
};

export const talkGate: Gate = {
  name: "bursts of talk",
  statistic: "variance / mean of messages a minute",
  measure: ({ messages }) => dispersion(messages),
  min: 2,
  max: Infinity,
};

export interface Outcome {
  readonly gate: Gate;
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly passed: boolean;
}

/** Compares the median over the seeds with a gate. */
export function judge(gate: Gate, samples: readonly MarketSample[]): Outcome {
  const values = samples.map(gate.measure);
  const middle = median(values);
  return {
    gate,
    median: middle,
    lowest: Math.min(...values),
    highest: Math.max(...values),
    // A statistic that could not be measured does not pass.
    passed: Number.isFinite(middle) && middle >= gate.min && middle <= gate.max,
  };
}

const columns = ["", "fact", "statistic", "gate", "median", "range over the seeds"] as const;

/** A table for people, a line for each gate. */
export function formatOutcomes(outcomes: readonly Outcome[]): string {
  return formatTable([columns, ...outcomes.map(toRow)], { align: "left" }).join("\n");
}

function toRow({ gate, median, lowest, highest, passed }: Outcome): readonly string[] {
  const limits = gate.max === Infinity ? `above ${gate.min}` : `${gate.min} to ${gate.max}`;
  return [
    passed ? "ok" : "MISS",
    gate.name,
    gate.statistic,
    limits,
    format(median),
    `${format(lowest)} to ${format(highest)}`,
  ];
}

function format(value: number): string {
  return Number.isFinite(value) ? value.toFixed(Math.abs(value) < 10 ? 3 : 1) : "none";
}
