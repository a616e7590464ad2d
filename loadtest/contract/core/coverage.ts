/**
 * What a run has exercised of the contract: operations and statuses, events, and the branches of the
 * schemas (a field there and absent, each value of an enumeration, each type of a union).
 *
 * The whole is enumerated from the tables and schemas, so that what was never touched shows as missing.
 */
import { type EventName, type SchemaPath, eventNames, eventSchemaPaths } from "../../../schemas/index.js";
import type { Operation } from "./operation.js";
import { methodsByPath, operations } from "./operations.js";
import { type Profile, includesLevel } from "./rules.js";
import { type SchemaNode, contractSchemas, schemaAt } from "../../../schemas/schema-tree.js";

export interface CoveredPart {
  readonly name: string;
  readonly covered: boolean;
  /** Why it was left out, where it was. */
  readonly why?: string;
}

/** Coverage as it is reported. */
export interface CoverageReport {
  readonly operations: readonly CoveredPart[];
  readonly statuses: readonly CoveredPart[];
  readonly events: readonly CoveredPart[];
  readonly branches: readonly CoveredPart[];
  /** Operations that a server need not have, and their statuses; only beside `management`. */
  readonly extensions: readonly CoveredPart[];
  readonly extensionStatuses: readonly CoveredPart[];
}

export interface Coverage {
  /** An operation that is not looked at, such as `GET /livez`, and the reason. */
  leaveOut(operation: string, why: string): void;
  /** `path` with its parameters as names. */
  sawAnswer(method: string, path: string, status: number): void;
  sawEvent(event: EventName, payload: unknown): void;
  /** A value that was sent or received under a schema. */
  sawValue(path: SchemaPath, value: unknown): void;
  /** True once an operation was answered with its success. */
  isCovered(operation: Operation): boolean;
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

const isExtension = ({ extension }: Operation): boolean => extension !== undefined;

function nameOf({ method, path }: Operation): string {
  return `${method} ${path}`;
}

/** 405 belongs to a path, and so is counted once for each. */
function statusesOf(among: (operation: Operation) => boolean, level: Profile): string[] {
  const own = operations.filter(among).flatMap((operation) => {
    const { success, errors } = operation;
    return [success, ...errors].map((status) => `${nameOf(operation)} ${status}`);
  });
  const refused = includesLevel(level, "management") ? [...methodsByPath(among).keys()] : [];
  return [...own, ...refused.map((path) => `* ${path} 405`)];
}

/** Payloads of an event that are looked into; what shows in none of these is rare enough to be called missing. */
const payloadsMax = 500;

export function createCoverage(): Coverage {
  const answers = new Set<string>();
  const events = new Map<EventName, number>();
  const branches = new Set<string>();
  const leftOut = new Map<string, string>();

  function sawValue(path: SchemaPath, value: unknown): void {
    if (value !== undefined) visitBranches(path, value, (branch) => void branches.add(branch));
  }

  const isCovered = (operation: Operation): boolean => answers.has(`${nameOf(operation)} ${operation.success}`);

  /** The schemas of all events, and of the operations that the profile asks for or the server has. */
  function schemasOf(profile: Profile): Set<SchemaPath> {
    const asked = operations.filter((one) => (isExtension(one) ? isCovered(one) : includesLevel(profile, one.level)));
    const ofOperations = asked.flatMap(({ request, response }) => [request, response]);
    const ofEvents = eventNames.map((name) => eventSchemaPaths[name]);
    return new Set([...ofEvents, ...ofOperations].filter((path) => path !== undefined));
  }

  function reportExtensions(): Pick<CoverageReport, "extensions" | "extensionStatuses"> {
    const offered = (operation: Operation): boolean => isExtension(operation) && !leftOut.has(nameOf(operation));
    return {
      extensions: operations.filter(isExtension).map((operation) => {
        const name = nameOf(operation);
        const why = leftOut.get(name);
        const covered = isCovered(operation);
        return why === undefined ? { name, covered } : { name, covered, why };
      }),
      extensionStatuses: statusesOf(offered, "management").map((name) => ({ name, covered: answers.has(name) })),
    };
  }

  return {
    leaveOut: (operation, why) => void leftOut.set(operation, why),
    sawAnswer(method, path, status) {
      answers.add(status === 405 ? `* ${path} 405` : `${method} ${path} ${status}`);
    },
    sawEvent(event, payload) {
      const count = events.get(event) ?? 0;
      events.set(event, count + 1);
      if (count < payloadsMax) sawValue(eventSchemaPaths[event], payload);
    },
    sawValue,
    isCovered,
    report(profile) {
      const asked = (one: Operation): boolean => !isExtension(one) && includesLevel(profile, one.level);
      const allBranches = new Set<string>();
      for (const path of schemasOf(profile)) visitBranches(path, undefined, (branch) => void allBranches.add(branch));
      return {
        operations: operations.filter(asked).map((one) => ({ name: nameOf(one), covered: isCovered(one) })),
        statuses: statusesOf(asked, profile).map((name) => ({ name, covered: answers.has(name) })),
        events: eventNames.map((name) => ({ name, covered: events.has(name) })),
        branches: [...allBranches].map((name) => ({ name, covered: branches.has(name) })),
        ...(includesLevel(profile, "management") ? reportExtensions() : { extensions: [], extensionStatuses: [] }),
      };
    },
  };
}
