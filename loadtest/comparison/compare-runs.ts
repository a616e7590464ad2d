/**
 * Compares the runs of two builds.
 *
 * A percentile has changed where the interval of its ratio leaves out 1. The interval has two parts: the noise within the
 * runs, from a bootstrap, and the noise from run to run, which one run cannot show.
 */
import type { ComparedFigure, ComparedPercentile, Comparison, ComparisonSide } from "../../schemas/index.js";
import { LatencyHistogram } from "../core/histogram.js";
import { medianOf } from "../core/median.js";
import { type Reach, estimateReach, measuredSecondsMin } from "./bootstrap.js";
import { findDifferences, readPath } from "./conditions.js";
import { describeConclusion } from "./conclusion.js";
import type { RunSet } from "./read-runs.js";
import { confidence } from "./student.js";

/** Of single runs of one build on a shared machine: two of them differ by up to so much, as measured on such machines. */
const runNoise = 0.1;

const percentiles = [50, 90, 99] as const;
const shares = percentiles.map((percentile) => percentile / 100);

const figures = [
  "completionMs.p99",
  "latenessMs.p99",
  "httpMs.p90",
  "connectMs.p50",
  "rates.deliveriesPerSecond",
  "deliveries.lost",
  "clients.dropped",
  "clients.refused",
  "generator.utilisationMax",
] as const;

interface Side {
  readonly set: RunSet;
  readonly latency: LatencyHistogram;
  readonly measuredSeconds: number;
  /** By percentile; undefined where there is too little. */
  readonly reaches: readonly Reach[] | undefined;
}

function sideOf(set: RunSet, seed: string): Side {
  const runs = set.runs.map(({ latencies }) => latencies);
  const latency = new LatencyHistogram();
  for (const { all } of runs) latency.add(all);
  const measuredSeconds = runs.reduce((sum, run) => sum + run.measuredSeconds, 0);
  const isEnough = measuredSeconds >= measuredSecondsMin;
  return { set, latency, measuredSeconds, reaches: isEnough ? estimateReach(runs, shares, seed) : undefined };
}

function describeSide({ set, measuredSeconds }: Side): ComparisonSide {
  const [first] = set.runs;
  const textAt = (path: string): string => {
    const value = readPath(first!.summary, path);
    return typeof value === "string" ? value : "";
  };
  return {
    folder: set.folder,
    runs: set.runs.length,
    measuredSeconds,
    version: textAt("version"),
    startedAt: textAt("startedAt"),
    command: textAt("command"),
    verdicts: set.runs.map(({ summary }) => String(readPath(summary, "verdict"))),
  };
}

/** Several runs of a side even out what differs from run to run. */
function runNoiseOf(old: Side, changed: Side): number {
  const perSide = [old, changed].map(({ set }) => 1 / set.runs.length);
  return Math.expm1(Math.log1p(runNoise) * Math.sqrt((perSide[0]! + perSide[1]!) / 2));
}

function comparePercentile(at: number, old: Side, changed: Side, noise: number): ComparedPercentile {
  const path = `latencyMs.p${percentiles[at]}`;
  const valueOf = ({ latency }: Side): number | null =>
    latency.count === 0 ? null : latency.percentileMs(percentiles[at]!);
  const [oldMs, newMs] = [valueOf(old), valueOf(changed)];
  const ratio = oldMs === null || newMs === null || oldMs === 0 ? null : newMs / oldMs;
  const [before, after] = [old.reaches?.[at], changed.reaches?.[at]];
  if (ratio === null || before === undefined || after === undefined)
    return { path, oldMs, newMs, ratio, ratioMin: null, ratioMax: null, change: "unknown" };
  const runToRun = Math.log1p(noise);
  const ratioMin = ratio * Math.exp(-Math.hypot(after.below, before.above, runToRun));
  const ratioMax = ratio * Math.exp(Math.hypot(after.above, before.below, runToRun));
  const change = ratioMin > 1 ? "slower" : ratioMax < 1 ? "faster" : "same";
  return { path, oldMs, newMs, ratio, ratioMin, ratioMax, change };
}

function compareFigure(path: string, old: Side, changed: Side): ComparedFigure {
  const valueOf = ({ set }: Side): number | null => {
    const values = set.runs.map(({ summary }) => readPath(summary, path)).filter((value) => typeof value === "number");
    return values.length === 0 ? null : medianOf(values);
  };
  return { path, old: valueOf(old), new: valueOf(changed) };
}

/** Why nothing can be concluded from one side. */
function findObstacles(name: string, { set, measuredSeconds }: Side): string[] {
  const invalid = set.runs.filter(({ summary }) => readPath(summary, "verdict") === "INVALID");
  const why = invalid.flatMap(({ summary }) => (readPath(summary, "reasons") as readonly string[] | undefined) ?? []);
  return [
    ...(measuredSeconds < measuredSecondsMin
      ? [
          `the ${name} side has measured ${measuredSeconds} s; ${measuredSecondsMin} s are needed (a longer run, or several)`,
        ]
      : []),
    ...(invalid.length > 0 ? [`a run of the ${name} side is INVALID: ${why.slice(0, 2).join("; ")}`] : []),
  ];
}

/** Latencies that count from different instants have no ratio. */
function findOracleMismatch(old: Side, changed: Side): string[] {
  const runs = [...old.set.runs, ...changed.set.runs];
  const oracles = new Set(runs.map(({ summary }) => readPath(summary, "target.oracle")));
  return oracles.size <= 1 ? [] : ["latencies count from different instants: one side's stream was not regenerated"];
}

/** The same two sets of runs always give the same comparison. */
export function compareRuns(oldSet: RunSet, newSet: RunSet): Comparison {
  const old = sideOf(oldSet, "old");
  const changed = sideOf(newSet, "new");
  const noise = runNoiseOf(old, changed);
  const compared = percentiles.map((_, at) => comparePercentile(at, old, changed, noise));
  const reasons = [...findObstacles("old", old), ...findObstacles("new", changed), ...findOracleMismatch(old, changed)];
  return {
    ...describeConclusion(compared, reasons),
    reasons,
    differences: findDifferences(
      oldSet.runs.map(({ summary }) => summary),
      newSet.runs.map(({ summary }) => summary),
    ),
    old: describeSide(old),
    new: describeSide(changed),
    confidence,
    runNoise: noise,
    percentiles: compared,
    figures: figures.map((path) => compareFigure(path, old, changed)),
  };
}
