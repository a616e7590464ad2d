/**
 * Options of a library call, held against a table with a row for each: plain JavaScript has no types to rely on.
 *
 * A misspelt name is refused as well as a wrong value: it would be ignored, and its default taken.
 */
import { describeValue } from "./describe-value.js";
import { didYouMean } from "./suggest.js";

/** What one option takes. */
export interface OptionRule {
  readonly accepts: (value: unknown) => boolean;
  /** For people, as in "expected ...". */
  readonly expected: string;
  /** The part of a wrong value that is at fault. @default the whole */
  readonly faultIn?: (value: unknown) => unknown;
  /** Whether the value may be a secret, and is not repeated. @default false */
  readonly isSecret?: boolean;
}

/** A rule for each option; options that form a group have a table of their own. */
export type OptionTable<Options extends object = Record<string, unknown>> = {
  readonly [Name in keyof Required<Options>]: OptionRule | NestedTable;
};

interface NestedTable {
  readonly table: OptionTable;
}

/** The first fault of an object of options. */
export interface OptionFault {
  /** Path of the option, such as `limits.connectionsMax`; of the call itself where there is no object. */
  readonly option: string;
  /** One sentence that begins with what is wrong. */
  readonly message: string;
}

export const text: OptionRule = { accepts: (value) => typeof value === "string", expected: "a string" };

export const flag: OptionRule = { accepts: (value) => typeof value === "boolean", expected: "true or false" };

export const callback: OptionRule = { accepts: (value) => typeof value === "function", expected: "a function" };

export function oneOf(...values: readonly string[]): OptionRule {
  return {
    accepts: (value) => values.includes(value as string),
    expected: values.map((one) => JSON.stringify(one)).join(" or "),
  };
}

/** A finite number between two bounds, both included. */
export function numberFrom(minimum: number, maximum: number, unit = ""): OptionRule {
  return {
    accepts: (value) => typeof value === "number" && value >= minimum && value <= maximum,
    expected: `a number from ${minimum} to ${maximum}${unit}`,
  };
}

/** A whole number between two bounds, both included. */
export function wholeFrom(minimum: number, maximum = Number.MAX_SAFE_INTEGER, unit = ""): OptionRule {
  return {
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum,
    expected:
      maximum === Number.MAX_SAFE_INTEGER
        ? `a whole number from ${minimum} up${unit}`
        : `a whole number from ${minimum} to ${maximum}${unit}`,
  };
}

/** Whole milliseconds that a timer can wait. */
export function millisecondsFrom(minimum: number): OptionRule {
  return wholeFrom(minimum, 2_147_483_647, " milliseconds");
}

export function listOf({ accepts }: OptionRule, expected: string): OptionRule {
  return {
    accepts: (value) => Array.isArray(value) && value.every(accepts),
    faultIn: (value) => (Array.isArray(value) ? value.find((one) => !accepts(one)) : value) as unknown,
    expected,
  };
}

export function either(one: OptionRule, other: OptionRule): OptionRule {
  return {
    accepts: (value) => one.accepts(value) || other.accepts(value),
    expected: `${one.expected} or ${other.expected}`,
  };
}

/** An object that has these methods. */
export function objectWith(expected: string, ...methods: readonly string[]): OptionRule {
  return {
    accepts: (value) => isRecord(value) && methods.every((name) => typeof value[name] === "function"),
    expected,
  };
}

/** An object with any content, which is judged elsewhere. */
export function record(expected: string): OptionRule {
  return { accepts: isRecord, expected };
}

export function group<Options extends object>(table: OptionTable<Options>): NestedTable {
  return { table };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The options, without those that are given as undefined: so that a default holds in their place.
 *
 * @param call names the function that takes them, such as `startMax()`
 * @param refuse throws the caller's own error
 * @example checkOptions("startMax()", { seed: text }, { sead: "7" }, refuse) // Unknown option "sead". Did you mean seed?
 */
export function checkOptions<Options extends object>(
  call: string,
  table: OptionTable<Options>,
  options: unknown,
  refuse: (fault: OptionFault) => Error,
): Options {
  const fault = findFault(table, options, call, "");
  if (fault !== undefined) throw refuse(fault);
  return withoutUndefined(table, options as Record<string, unknown>) as Options;
}

function withoutUndefined(table: OptionTable, options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const [key, rule] of Object.entries(table)) {
    const value = options[key];
    if (value === undefined) continue;
    given[key] = "table" in rule ? withoutUndefined(rule.table, value as Record<string, unknown>) : value;
  }
  return given;
}

const whole = (value: unknown): unknown => value;

function findFault(table: OptionTable, options: unknown, name: string, prefix: string): OptionFault | undefined {
  if (!isRecord(options))
    return { option: name, message: `Invalid options of ${name}: expected an object, not ${describeValue(options)}.` };
  const names = Object.keys(table);
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(table, key));
  if (unknown !== undefined) {
    const option = prefix + unknown;
    const known = names.map((one) => prefix + one);
    return {
      option,
      message: `Unknown option ${describeValue(option)}. ${didYouMean(option, known, "Options")}`,
    };
  }
  for (const [key, rule] of Object.entries(table)) {
    const value: unknown = options[key];
    if (value === undefined) continue;
    const option = prefix + key;
    if ("table" in rule) {
      const fault = findFault(rule.table, value, option, `${option}.`);
      if (fault !== undefined) return fault;
    } else if (!rule.accepts(value)) {
      const shown = rule.isSecret === true ? "" : ` ${describeValue((rule.faultIn ?? whole)(value))}`;
      return { option, message: `Invalid ${option}${shown}: expected ${rule.expected}.` };
    }
  }
  return undefined;
}
