/**
 * Thresholds: paths into the summary, compared with a number.
 *
 * A path that is none of the summary's is refused before anything runs. One that yields no number in the
 * end fails, and so does a count of what the run never did: a limit is not kept by measuring nothing.
 */
import { OptionError } from "../core/errors.js";
import { describeValue } from "../../schemas/describe-value.js";
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

/**
 * @param option names the option that the expression was given with, if it was
 * @throws {OptionError}
 */
export function parseThreshold(expression: string, option?: string): Threshold {
  const [match, path = "", comparison, limit] =
    /^\s*([A-Za-z0-9_.]+)\s*(<=|>=|==|<|>)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(expression) ?? [];
  if (match === undefined)
    throw new OptionError(`Invalid threshold ${describeValue(expression)}: expected something like latencyMs.p99<50.`, {
      option,
    });
  if (!summaryPaths.includes(path)) {
    throw new OptionError(
      `Invalid threshold ${describeValue(expression.trim())}: summary.json has no number at ${path}; did you mean ${findNearestPath(path)}? ${describeNumbers(path)}`,
      { option },
    );
  }
  return {
    expression: expression.trim(),
    path: path.split("."),
    comparison: comparison as keyof typeof comparisons,
    limit: Number(limit),
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

function textAt(summary: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], summary);
}

const isAboveZero =
  (...paths: readonly string[]) =>
  (summary: unknown) =>
    paths.some((path) => (valueAt(summary, path.split(".")) ?? 0) > 0);
const isFollowed = (summary: unknown) => textAt(summary, ["target", "oracle"]) !== "learned";

/** Figures that are zero, too, where the run never did or could not see what they count: what must be so for them to be measured. */
const measuredIf: readonly (readonly [path: RegExp, isMeasured: (summary: unknown) => boolean])[] = [
  [/^http\./, isAboveZero("http.requests", "http.errors", "http.failed", "http.unanswered")],
  [/^clients\.polling$/, isAboveZero("plan.control.polling")],
  [/^clients\.websocket$/, isAboveZero("plan.control.websocket")],
  [/^conformance\./, isAboveZero("conformance.checked")],
  [/^deliveries\./, isAboveZero("deliveries.expected", "deliveries.received", "deliveries.unexpected")],
  [/^(?:server\.slips|latencyUncertaintyMs|ticks\.|rates\.ticksPerSecond)/, isFollowed],
];

export function judgeThreshold({ expression, path, comparison, limit }: Threshold, summary: unknown): ThresholdOutcome {
  const name = path.join(".");
  const isMeasured = measuredIf.every(([paths, condition]) => !paths.test(name) || condition(summary));
  const value = isMeasured ? valueAt(summary, path) : null;
  return { expression, value, passed: value !== null && comparisons[comparison](value, limit) };
}

/** Samples beyond a percentile that make it more than an accident. */
const samplesBeyondMin = 10;
const shareBeyond: Readonly<Record<string, number>> = { p50: 0.5, p90: 0.1, p99: 0.01, p999: 0.001 };

/** Why there are too few samples for a percentile; undefined when there are enough, or none at all. */
export function findThinPercentile({ expression, path }: Threshold, summary: unknown): string | undefined {
  const share = shareBeyond[path.at(-1) ?? ""];
  const count = valueAt(summary, [...path.slice(0, -1), "count"]);
  if (share === undefined || count === null || count === 0) return undefined;
  const needed = Math.ceil(samplesBeyondMin / share - 1e-6);
  return count >= needed ? undefined : `${expression} rests on ${count} samples; ${path.at(-1)} needs ${needed}`;
}
