/**
 * Thresholds: paths into the summary, compared with a number.
 *
 * A path that is none of the summary's is refused before anything runs. One that yields no number in the
 * end fails, and so does a count of what the run never did: a limit is not kept by measuring nothing.
 */
import { OptionError } from "../core/errors.js";
import { medianOf } from "../core/median.js";
import { describeValue } from "../../schemas/describe-value.js";
import { parseDuration } from "../../schemas/index.js";
import { didYouMean, suggest } from "../../schemas/suggest.js";
import { type NamedList, anyName, namedLists } from "./summary-paths.js";
import { type NamedEntry, parseThresholdPath } from "./threshold-path.js";

const comparisons = {
  "<": (value: number, limit: number) => value < limit,
  "<=": (value: number, limit: number) => value <= limit,
  "==": (value: number, limit: number) => value === limit,
  ">=": (value: number, limit: number) => value >= limit,
  ">": (value: number, limit: number) => value > limit,
} as const;

export interface Threshold {
  readonly expression: string;
  /** Names the option that it was given with; undefined for one of the plan. */
  readonly option: string | undefined;
  /** Into summary.json, with `[]` for the name of an entry. */
  readonly path: string;
  readonly entry: NamedEntry | undefined;
  /** 0 to 100, where it is a percentile. */
  readonly percent: number | undefined;
  readonly comparison: keyof typeof comparisons;
  /** NaN until the baseline is known, where `baselineTimes` is there. */
  readonly limit: number;
  /** The limit is the value of the baseline, times this. */
  readonly baselineTimes: number | undefined;
  /** Milliseconds into the measured time after which it ends the run as soon as it does not hold; undefined: never. */
  readonly abortAfterMs: number | undefined;
}

/** Whether a value keeps the limit. */
export function keepsLimit({ comparison, limit }: Pick<Threshold, "comparison" | "limit">, value: number): boolean {
  return comparisons[comparison](value, limit);
}

export interface ThresholdOutcome {
  readonly expression: string;
  readonly value: number | null;
  readonly passed: boolean;
}

const expected =
  'expected something like latencyMs.p99<50, latencyMs.p99<=baseline*1.1, or http.routes["GET /health"].p90<30 abort after 10s';
const syntax =
  /^\s*((?:[\w.\s]|\[\s*"(?:[^"\\]|\\.)*"\s*\])+?)\s*(<=|>=|==|<|>)\s*(?:(-?\d+(?:\.\d+)?)|(baseline)(?:\s*\*\s*(\d+(?:\.\d+)?))?)(\s+abort(?:\s+after\s+(\S+))?)?\s*$/;

/**
 * @param option names the option that the expression was given with, if it was
 * @throws {OptionError}
 */
export function parseThreshold(expression: string, option?: string): Threshold {
  const shown = `Invalid threshold ${describeValue(expression.trim())}: `;
  const refuse = (why: string): never => {
    throw new OptionError(shown + why, { option });
  };
  const [match, path = "", comparison, limit, baseline, times = "1", abort, after = "0s"] =
    syntax.exec(expression) ?? [];
  const parsed = match === undefined ? undefined : parseThresholdPath(path);
  if (parsed === undefined) return refuse(`${expected}.`);
  if ("problem" in parsed) return refuse(parsed.problem);
  return {
    ...parsed,
    expression: expression.trim(),
    option,
    comparison: comparison as keyof typeof comparisons,
    limit: baseline === undefined ? Number(limit) : Number.NaN,
    baselineTimes: baseline === undefined ? undefined : Number(times),
    abortAfterMs: abort === undefined ? undefined : parseDelay(after, refuse),
  };
}

function parseDelay(text: string, refuse: (why: string) => never): number {
  try {
    return parseDuration(text);
  } catch (error) {
    return refuse(`abort after ${describeValue(text)}: ${(error as Error).message}`);
  }
}

/** Names that entries of the lists have in a run; undefined where they show only then. */
export type KnownNames = Readonly<Partial<Record<NamedList, readonly string[]>>>;

/** Lists that have what the server sends: an unlikely name may be right all the same. */
const openLists: ReadonlySet<NamedList> = new Set(["events"]);

/** @throws {OptionError} for a threshold about an entry that the run will not have */
export function requireKnownName({ expression, option, entry }: Threshold, names: KnownNames): void {
  const known = entry && names[entry.list];
  if (entry === undefined || known === undefined || known.includes(entry.name)) return;
  if (openLists.has(entry.list) && suggest(entry.name, known) === undefined) return;
  const words = known.length === 0 ? "This run has none." : didYouMean(entry.name, known, "There are");
  const what = `${entry.list} has no ${namedLists[entry.list]} ${describeValue(entry.name)}`;
  throw new OptionError(`Invalid threshold ${describeValue(expression)}: ${what}. ${words}`, { option });
}

function numberIn(value: unknown, path: string): number | null {
  let found = value;
  // A percentile may have a dot of its own.
  for (const name of path === "" ? [] : path.split(/\.(?!\d)/)) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return null;
    found = Reflect.get(found, name);
  }
  return typeof found === "number" && Number.isFinite(found) ? found : null;
}

function textAt(summary: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], summary);
}

/** The number at a path; of a path with `[]` that of the named entry. */
function valueAt(summary: unknown, path: string, entry: NamedEntry | undefined): number | null {
  if (entry === undefined) return numberIn(summary, path);
  const list = textAt(summary, entry.list.split("."));
  const field = namedLists[entry.list];
  const found: unknown = Array.isArray(list)
    ? list.find((one: unknown) => (one as Record<string, unknown> | null)?.[field] === entry.name)
    : undefined;
  return numberIn(found, path.slice(path.indexOf(anyName) + anyName.length + 1));
}

/**
 * The threshold with its limit taken from earlier runs, of several the median.
 *
 * @param summaries of the baseline; none where there is no baseline
 * @throws {OptionError} when they are needed and have no such value
 */
export function resolveThreshold(threshold: Threshold, summaries: readonly unknown[]): Threshold {
  const { expression, option, path, entry, baselineTimes } = threshold;
  if (baselineTimes === undefined) return threshold;
  const values = summaries.map((summary) => valueAt(summary, path, entry)).filter((value) => value !== null);
  const refuse = (why: string): OptionError =>
    new OptionError(`Invalid threshold ${describeValue(expression)}: ${why}`, { option });
  if (summaries.length === 0) throw refuse("it requires the option baseline.");
  if (values.length === 0) throw refuse("the summary.json of the baseline has no such value.");
  return { ...threshold, limit: medianOf(values) * baselineTimes };
}

const isAboveZero =
  (...paths: readonly string[]) =>
  (summary: unknown) =>
    paths.some((path) => (numberIn(summary, path) ?? 0) > 0);
const isFollowed = (summary: unknown) => textAt(summary, ["target", "oracle"]) !== "learned";

/** Figures that are zero, too, where the run never did or could not see what they count: what must be so for them to be measured. */
const measuredIf: readonly (readonly [path: RegExp, isMeasured: (summary: unknown) => boolean])[] = [
  [/^http\.(?!saturation)/, isAboveZero("http.requests", "http.errors", "http.failed", "http.unanswered")],
  [/^clients\.polling$/, isAboveZero("plan.control.polling")],
  [/^clients\.websocket$/, isAboveZero("plan.control.websocket")],
  [/^absences\./, isAboveZero("absences.dropped")],
  [/^conformance\./, isAboveZero("conformance.checked")],
  [/^deliveries\./, isAboveZero("deliveries.expected", "deliveries.received", "deliveries.unexpected")],
  [/^(?:server\.slips|ticks\.|rates\.ticksPerSecond)/, isFollowed],
];

/** Counts of an entry that are zero, too, where it never had anything: the counts beside them of which one must not be. */
const entryCounts: Readonly<Record<NamedList, readonly string[]>> = {
  events: ["received", "lost", "duplicated", "reordered", "corrupted", "unexpected"],
  "http.routes": ["requests", "errors"],
  stages: ["received", "lost", "duplicated", "reordered", "corrupted", "unexpected"],
  restarts: ["dropped"],
  transports: ["connected"],
  addresses: ["connected", "refused", "http.requests", "http.errors"],
};

export function judgeThreshold(threshold: Threshold, summary: unknown): ThresholdOutcome {
  const { expression, path, entry } = threshold;
  const isMeasured =
    measuredIf.every(([paths, condition]) => !paths.test(path) || condition(summary)) &&
    (entry === undefined ||
      entryCounts[entry.list].some((name) => (valueAt(summary, `${entry.list}${anyName}.${name}`, entry) ?? 0) > 0));
  const value = isMeasured ? valueAt(summary, path, entry) : null;
  return { expression, value, passed: value !== null && keepsLimit(threshold, value) };
}

/** Samples beyond a percentile that make it more than an accident. */
const samplesBeyondMin = 10;

/** Why there are too few samples for a percentile; undefined when there are enough, or none at all. */
export function findThinPercentile(
  { expression, path, entry, percent }: Threshold,
  summary: unknown,
): string | undefined {
  if (percent === undefined) return undefined;
  const distribution = path.replace(/\.p\d+(?:\.\d+)?$/, "");
  const count = valueAt(summary, `${distribution}.count`, entry);
  if (count === null || count === 0) return undefined;
  const needed = Math.ceil(samplesBeyondMin / (1 - percent / 100) - 1e-6);
  const name = path.slice(distribution.length + 1);
  return count >= needed ? undefined : `${expression}: too few samples, ${count}; ${name} needs ${needed} (run longer)`;
}
