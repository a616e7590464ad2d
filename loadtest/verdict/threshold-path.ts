/**
 * The left side of a threshold: names with dots between them, names of entries in brackets and quotes, and at the end
 * any percentile.
 *
 * @example latencyMs.p99.5, http.routes["GET /api/sectors"].p90, events["market:update"].latencyMs.max
 */
import { describeValue } from "../../schemas/describe-value.js";
import {
  type NamedList,
  anyName,
  findNearestPath,
  isDistribution,
  isNamedList,
  namedLists,
  namesBeside,
  summaryPaths,
} from "./summary-paths.js";

/** An entry of a list, by its name. */
export interface NamedEntry {
  readonly list: NamedList;
  readonly name: string;
}

export interface ThresholdPath {
  /** With `[]` for the name of an entry, and any percentile as it is in summary.json. */
  readonly path: string;
  readonly entry: NamedEntry | undefined;
  /** 0 to 100, where it is a percentile. */
  readonly percent: number | undefined;
}

/** Names of percentiles that every distribution of summary.json has. */
const usualPercentiles: Readonly<Record<string, number>> = { p50: 50, p90: 90, p99: 99, p999: 99.9 };

/** As it is in summary.json. */
export function nameOfPercentile(percent: number): string {
  return Object.keys(usualPercentiles).find((name) => usualPercentiles[name] === percent) ?? `p${percent}`;
}

const token = /\[\s*("(?:[^"\\]|\\.)*")\s*\]|\.?(p\d+\.\d+(?!\w)|[A-Za-z_]\w*)/y;

interface Tokens {
  readonly names: readonly string[];
  readonly entry: string | undefined;
  /** Names in front of the entry's. */
  readonly before: number;
}

/** Undefined where it cannot be a path: no names, or more than one in brackets. */
function readTokens(text: string): Tokens | undefined {
  const names: string[] = [];
  let entry: string | undefined;
  let before = 0;
  for (token.lastIndex = 0; token.lastIndex < text.length;) {
    const isFirst = token.lastIndex === 0;
    const [all = "", quoted, name] = token.exec(text) ?? [];
    if (all === "" || isFirst !== (name !== undefined && !all.startsWith("."))) return undefined;
    if (name !== undefined) names.push(name);
    else if (entry !== undefined || quoted === undefined) return undefined;
    else {
      entry = JSON.parse(quoted) as string;
      before = names.length;
    }
  }
  return { names, entry, before };
}

function join(names: readonly string[], before: number, entry: string | undefined, shown: string): string {
  if (entry === undefined) return names.join(".");
  return [names.slice(0, before).join(".") + shown, ...names.slice(before)].join(".");
}

const percentileName = /^p(\d+(?:\.\d+)?)$/;

/** `.p90` of an entry is that of its latency. */
function completePath(path: string): string {
  const end = path.lastIndexOf(anyName) + anyName.length;
  const last = path.slice(end + 1);
  const latency = `${path.slice(0, end)}.latencyMs`;
  return path.includes(anyName) && (percentileName.test(last) || last === "max") && isDistribution(latency)
    ? `${latency}.${last}`
    : path;
}

/** Where the last name is a percentile of a distribution. */
function readPercent(path: string): { readonly distribution: string; readonly percent: number } | undefined {
  const at = path.search(/\.p\d+(?:\.\d+)?$/);
  const distribution = path.slice(0, at);
  if (at < 0 || !isDistribution(distribution)) return undefined;
  const name = path.slice(at + 1);
  return { distribution, percent: usualPercentiles[name] ?? Number(name.slice(1)) };
}

function describeNumbers(path: string): string {
  const parent = path.slice(0, path.lastIndexOf("."));
  const names = namesBeside(path);
  if (names.length === 0) return "schemas/summary.schema.json has them all.";
  const more = isDistribution(parent) ? ", and any percentile such as p99.5" : "";
  return `There are ${names.join(", ")} in ${parent}${more}.`;
}

function explainUnknown(path: string, shown: string, { names, entry }: Tokens): string {
  const list = Object.keys(namedLists).find((one) => names.join(".") === one || names.join(".").startsWith(`${one}.`));
  if (entry === undefined && list !== undefined)
    return `${list} is a list: name one of its entries, as in ${list}["NAME"]${names.join(".").slice(list.length) || ".latencyMs.p99"}.`;
  if (entry !== undefined && !isNamedList(path.slice(0, path.indexOf(anyName))))
    return `Names in brackets are those of ${Object.keys(namedLists).join(", ")}.`;
  const nearest = findNearestPath(path).replace(anyName, `[${JSON.stringify(entry ?? "NAME")}]`);
  return `summary.json has no number at ${shown}; did you mean ${nearest}? ${describeNumbers(path)}`;
}

/** What a path leads to, or the sentences that tell why it leads nowhere; undefined where it cannot be one. */
export function parseThresholdPath(text: string): ThresholdPath | { readonly problem: string } | undefined {
  const tokens = readTokens(text);
  if (tokens === undefined) return undefined;
  const { names, entry, before } = tokens;
  const path = completePath(join(names, before, entry, anyName));
  const percentile = readPercent(path);
  if (percentile !== undefined && !(percentile.percent > 0 && percentile.percent < 100))
    return { problem: `there is no percentile ${describeValue(percentile.percent)}: it lies between 0 and 100.` };
  if (percentile === undefined && !summaryPaths.includes(path))
    return { problem: explainUnknown(path, join(names, before, entry, `[${JSON.stringify(entry)}]`), tokens) };
  const list = path.slice(0, Math.max(0, path.indexOf(anyName)));
  return {
    path: percentile === undefined ? path : `${percentile.distribution}.${nameOfPercentile(percentile.percent)}`,
    entry: entry !== undefined && isNamedList(list) ? { list, name: entry } : undefined,
    percent: percentile?.percent,
  };
}
