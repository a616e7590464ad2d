/** What a message of another host must look like, field by field, so that nothing behind it meets another type. */

/** Throws for a value that is no `Value`. */
export interface Shape<Value> {
  readonly check: (value: unknown, path: string) => void;
  /** Never there: ties the shape to its type. */
  readonly type?: Value;
}

export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

function shape<Value>(expected: string, accepts: (value: unknown) => boolean): Shape<Value> {
  return {
    check(value, path) {
      if (!accepts(value)) throw new ShapeError(`${path} is not ${expected}`);
    },
  };
}

const textMax = 4_000_000;
const listMax = 2_000_000;

export const anyNumber = shape<number>("a number", (value) => typeof value === "number");
export const amount = shape<number>("a number from 0 on", (value) => Number.isFinite(value) && (value as number) >= 0);
export const count = shape<number>("a whole number", (value) => Number.isSafeInteger(value) && (value as number) >= 0);

export function countTo(most: number): Shape<number> {
  const accepts = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  return shape(`a whole number up to ${most}`, (value) => accepts(value) && (value as number) <= most);
}

export const flag = shape<boolean>("true or false", (value) => typeof value === "boolean");
export const text = shape<string>("a text", (value) => typeof value === "string" && value.length <= textMax);

export function oneOf<Value extends string>(...values: readonly Value[]): Shape<Value> {
  return shape(`one of ${values.join(", ")}`, (value) => values.includes(value as Value));
}

export function nullable<Value>(one: Shape<Value>): Shape<Value | null> {
  return { check: (value, path) => void (value === null || one.check(value, path)) };
}

export function listOf<Value>(each: Shape<Value>): Shape<readonly Value[]> {
  return {
    check(value, path) {
      if (!Array.isArray(value) || value.length > listMax) throw new ShapeError(`${path} is not a list`);
      for (const [at, one] of value.entries()) each.check(one, `${path}.${at}`);
    },
  };
}

export function tuple<Values extends readonly unknown[]>(
  ...shapes: { readonly [At in keyof Values]: Shape<Values[At]> }
): Shape<Readonly<Values>> {
  return {
    check(value, path) {
      if (!Array.isArray(value) || value.length !== shapes.length)
        throw new ShapeError(`${path} is not a list of ${shapes.length}`);
      for (const [at, one] of shapes.entries()) one.check((value as readonly unknown[])[at], `${path}.${at}`);
    },
  };
}

export function object<Value extends object>(fields: {
  readonly [Name in keyof Value]-?: Shape<Value[Name]>;
}): Shape<Value> {
  const entries = Object.entries(fields) as [string, Shape<unknown>][];
  return {
    check(value, path) {
      if (typeof value !== "object" || value === null || Array.isArray(value))
        throw new ShapeError(`${path} is not an object`);
      for (const [name, one] of entries) one.check((value as Record<string, unknown>)[name], `${path}.${name}`);
    },
  };
}

/** An object whose field `type` tells which. */
export function union<Value extends { readonly type: string }>(kinds: {
  readonly [Type in Value["type"]]: Shape<Omit<Extract<Value, { type: Type }>, "type">>;
}): Shape<Value> {
  return {
    check(value, path) {
      const type = (value as { readonly type?: unknown } | null | undefined)?.type;
      if (typeof type !== "string" || !Object.hasOwn(kinds, type)) throw new ShapeError(`${path} has no known type`);
      (kinds as Record<string, Shape<unknown>>)[type]!.check(value, `${path} ${type}`);
    },
  };
}

/** @throws {ShapeError} */
export function requireShape<Value>(value: unknown, one: Shape<Value>): Value {
  one.check(value, "the message");
  return value as Value;
}

/** A text that more is to be known of. @param accepts may throw, which refuses it as well */
export function textThat(expected: string, accepts: (value: string) => boolean): Shape<string> {
  return shape(expected, (value) => {
    if (typeof value !== "string" || value.length > textMax) return false;
    try {
      return accepts(value);
    } catch {
      return false;
    }
  });
}
