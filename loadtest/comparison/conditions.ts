/** What differs between two runs besides the build: whoever compares them has to be told first. */
import { isDeepStrictEqual } from "node:util";
import type { ComparisonDifference } from "../../schemas/index.js";
import { excerpt } from "../core/excerpt.js";

/** A summary.json, perhaps of another version: what it lacks is undefined. */
export type AnySummary = object;

/** What is at a path of names with dots between them. */
export function readPath(summary: AnySummary, path: string): unknown {
  let value: unknown = summary;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}

/** By path: what people call it. */
const conditions: readonly (readonly [path: string, what: string])[] = [
  ["environment.cpuModel", "processor"],
  ["environment.cores", "cores"],
  ["environment.platform", "platform"],
  ["environment.node", "Node.js"],
  ["version", "max-harness"],
  ["target.ownServer", "started by the load test"],
  ["target.oracle", "oracle"],
  ["target.simulatorVersion", "simulator version"],
  ["seed", "seed"],
  ["scenario", "scenario"],
  ["ticks.intervalMs", "tick interval, ms"],
  ["server.speed", "speed"],
  ["generator.workers", "workers"],
];

/** Parts of a plan that change nothing in what a server is asked to do. */
const withoutEffect: ReadonlySet<string> = new Set(["name", "description", "thresholds", "abortOnFail"]);

function planOf(summary: AnySummary): AnySummary {
  const plan = readPath(summary, "plan");
  return typeof plan === "object" && plan !== null ? plan : {};
}

function show(value: unknown): string {
  if (value === undefined) return "not recorded";
  return typeof value === "string" ? value : excerpt(JSON.stringify(value), 80);
}

/** Values of one side: those of several runs, each once. */
function showAll(values: readonly unknown[]): string {
  return [...new Set(values.map(show))].join(", ");
}

function areAlike(values: readonly unknown[]): boolean {
  return values.every((value) => isDeepStrictEqual(value, values[0]));
}

/** The differences between the runs of two sides, and among those of one. */
export function findDifferences(old: readonly AnySummary[], changed: readonly AnySummary[]): ComparisonDifference[] {
  const all = [...old, ...changed];
  const parts = [...new Set(all.flatMap((summary) => Object.keys(planOf(summary))))];
  const plan = parts
    .filter((part) => !withoutEffect.has(part))
    .map((part) => [`plan.${part}`, `plan: ${part}`] as const);
  return [...conditions, ...plan]
    .filter(([path]) => !areAlike(all.map((summary) => readPath(summary, path))))
    .map(([path, what]) => {
      const valuesOf = (side: readonly AnySummary[]): string => showAll(side.map((one) => readPath(one, path)));
      return { what, old: valuesOf(old), new: valuesOf(changed) };
    });
}
