/**
 * What a run has exercised of the contract: operations and statuses, events, and the branches of the
 * schemas (a field there and absent, each value of an enumeration, each type of a union).
 *
 * The whole is enumerated from the tables and schemas, so that what was never touched shows as missing.
 */
import { type EventName, type SchemaPath, eventNames, eventSchemaPaths } from "../../schemas/index.js";
import { methodsByPath, operations } from "./operations.js";
import { type Profile, includesLevel } from "./rules.js";
import { type SchemaNode, contractSchemas, schemaAt } from "./schema-tree.js";

export interface CoveredPart {
  readonly name: string;
  readonly covered: boolean;
}

/** Coverage as it is reported. */
export interface CoverageReport {
  readonly operations: readonly CoveredPart[];
  readonly statuses: readonly CoveredPart[];
  readonly events: readonly CoveredPart[];
  readonly branches: readonly CoveredPart[];
}

export interface Coverage {
  /** `path` with its parameters as names. */
  sawAnswer(method: string, path: string, status: number): void;
  sawEvent(event: EventName, payload: unknown): void;
  /** A value that was sent or received under a schema. */
  sawValue(path: SchemaPath, value: unknown): void;
  /** All that a profile asks for, with what was seen of it. */
  report(profile: Profile): CoverageReport;
}

/** Calls back with the name of each branch of a schema; `value` undefined enumerates all of them. */
function visitBranches(path: SchemaPath, value: unknown, visit: (branch: string) => void): void {
  const all = value === undefined;

  function walk(node: SchemaNode, base: string, part: unknown, place: string): void {
    const here = contractSchemas.follow(node, base);
    const { properties, items, type, enum: values, required } = here.node;
    for (const one of values ?? []) if (all || one === part) visit(`${place} = ${JSON.stringify(one)}`);
    if (type === "boolean") for (const one of [true, false]) if (all || one === part) visit(`${place} = ${one}`);
    if (Array.isArray(type)) {
      for (const one of type as readonly string[]) {
        const fits = one === "null" ? part === null : part !== null && part !== undefined;
        if (all || fits) visit(`${place} is ${one}`);
      }
    }
    if (items !== undefined) {
      if (all) visit(`${place} empty`);
      if (Array.isArray(part) && part.length === 0) visit(`${place} empty`);
      if (all) walk(items, here.base, undefined, `${place}/*`);
      else if (Array.isArray(part)) for (const item of part) walk(items, here.base, item, `${place}/*`);
    }
    for (const [key, property] of Object.entries(properties ?? {})) {
      const isOptional = !(required ?? []).includes(key);
      const isThere = typeof part === "object" && part !== null && Object.hasOwn(part, key);
      if (isOptional && (all || isThere)) visit(`${place}/${key} there`);
      if (isOptional && (all || !isThere)) visit(`${place}/${key} absent`);
      if (all) walk(property, here.base, undefined, `${place}/${key}`);
      else if (isThere) walk(property, here.base, (part as Record<string, unknown>)[key], `${place}/${key}`);
    }
  }

  const { node, base } = schemaAt(path);
  walk(node, base, value, path.replace(/\.schema\.json$/, ""));
}

function schemasOf(profile: Profile): SchemaPath[] {
  const paths = new Set<SchemaPath>(eventNames.map((name) => eventSchemaPaths[name]));
  for (const { level, request, response } of operations) {
    if (!includesLevel(profile, level)) continue;
    if (request !== undefined) paths.add(request);
    if (response !== undefined) paths.add(response);
  }
  return [...paths];
}

/** Payloads of an event that are looked into; what shows in none of these is rare enough to be called missing. */
const payloadsMax = 500;

export function createCoverage(): Coverage {
  const answers = new Set<string>();
  const events = new Map<EventName, number>();
  const branches = new Set<string>();

  function sawValue(path: SchemaPath, value: unknown): void {
    if (value !== undefined) visitBranches(path, value, (branch) => void branches.add(branch));
  }

  function statusesOf(profile: Profile): string[] {
    const own = operations
      .filter(({ level }) => includesLevel(profile, level))
      .flatMap(({ method, path, success, errors }) =>
        [success, ...errors].map((status) => `${method} ${path} ${status}`),
      );
    const refused = includesLevel(profile, "management")
      ? [...methodsByPath.keys()].map((path) => `* ${path} 405`)
      : [];
    return [...own, ...refused];
  }

  return {
    sawAnswer(method, path, status) {
      answers.add(status === 405 ? `* ${path} 405` : `${method} ${path} ${status}`);
    },
    sawEvent(event, payload) {
      const count = events.get(event) ?? 0;
      events.set(event, count + 1);
      if (count < payloadsMax) sawValue(eventSchemaPaths[event], payload);
    },
    sawValue,
    report(profile) {
      const named = operations.filter(({ level }) => includesLevel(profile, level));
      const allBranches = new Set<string>();
      for (const path of schemasOf(profile)) visitBranches(path, undefined, (branch) => void allBranches.add(branch));
      return {
        operations: named.map(({ method, path, success }) => ({
          name: `${method} ${path}`,
          covered: answers.has(`${method} ${path} ${success}`),
        })),
        statuses: statusesOf(profile).map((name) => ({ name, covered: answers.has(name) })),
        events: eventNames.map((name) => ({ name, covered: events.has(name) })),
        branches: [...allBranches].map((name) => ({ name, covered: branches.has(name) })),
      };
    },
  };
}
