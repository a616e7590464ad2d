/**
 * Thresholds: paths into the summary, compared with a number.
 *
 * A path that is none of the summary's is refused before anything runs. One that yields no number in the
 * end fails: a latency limit is not kept by measuring nothing.
 */
import { PlanError } from "../options.js";
import { findNearestPath, namesBeside, summaryPaths } from "./summary-paths.js";

const comparisons = {
  "<": (value: number, limit: number) => value < limit,
  "<=": (value: number, limit: number) => value <= limit,
  "==": (value: number, limit: number) => value === limit,
  ">=": (value: number, limit: number) => value >= limit,
  ">": (value: number, limit: number) => value > limit,
} as const;

export interface Threshold {
  readonly expression: string;
  readonly path: readonly string[];
  readonly comparison: keyof typeof comparisons;
  readonly limit: number;
}

export interface ThresholdOutcome {
  readonly expression: string;
  readonly value: number | null;
  readonly passed: boolean;
}

function describeNumbers(path: string): string {
  const names = namesBeside(path);
  if (names.length === 0) return "schemas/summary.schema.json has them all.";
  return `There are ${names.join(", ")} in ${path.slice(0, path.lastIndexOf("."))}.`;
}

/** @throws {PlanError} */
export function parseThreshold(expression: string): Threshold {
  const match = /^\s*([A-Za-z0-9_.]+)\s*(<=|>=|==|<|>)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(expression);
  if (match === null) throw new PlanError(`"${expression}" is no threshold; write it like latencyMs.p99<50.`);
  if (!summaryPaths.includes(match[1])) {
    throw new PlanError(
      `"${expression.trim()}": summary.json has no number at ${match[1]}; did you mean ${findNearestPath(match[1])}? ${describeNumbers(match[1])}`,
    );
  }
  return {
    expression: expression.trim(),
    path: match[1].split("."),
    comparison: match[2] as keyof typeof comparisons,
    limit: Number(match[3]),
  };
}

function valueAt(summary: unknown, path: readonly string[]): number | null {
  let value = summary;
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return null;
    value = Reflect.get(value, name);
  }
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function judgeThreshold({ expression, path, comparison, limit }: Threshold, summary: unknown): ThresholdOutcome {
  const value = valueAt(summary, path);
  return { expression, value, passed: value !== null && comparisons[comparison](value, limit) };
}

/** Samples beyond a percentile that make it more than an accident. */
const samplesBeyondMin = 10;
const shareBeyond: Readonly<Record<string, number>> = { p50: 0.5, p90: 0.1, p99: 0.01, p999: 0.001 };

/** Why a percentile rests on too few samples; undefined when it rests on enough, or on none at all. */
export function findThinPercentile({ expression, path }: Threshold, summary: unknown): string | undefined {
  const share = shareBeyond[path.at(-1) ?? ""];
  const count = valueAt(summary, [...path.slice(0, -1), "count"]);
  if (share === undefined || count === null || count === 0) return undefined;
  const needed = Math.ceil(samplesBeyondMin / share - 1e-6);
  return count >= needed ? undefined : `${expression} rests on ${count} samples; ${path.at(-1)} needs ${needed}`;
}
