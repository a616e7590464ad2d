/**
 * Messages as text: JSON, with what JSON has no word for.
 *
 * NaN, the infinities and -0 are written as `{"$":"NaN"}`; an object that has a key "$" itself is wrapped in another one,
 * so that every message comes back as it was. What is undefined is left out.
 */
const key = "$";
const named: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["-0", -0],
]);

function encodeNumber(value: number): unknown {
  if (Object.is(value, -0)) return { [key]: "-0" };
  return Number.isFinite(value) ? value : { [key]: String(value) };
}

function encodeValue(value: unknown): unknown {
  if (typeof value === "number") return encodeNumber(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(encodeValue);
  const encoded = encodeFields(value, encodeValue);
  return Object.hasOwn(value, key) ? { [key]: encoded } : encoded;
}

/** Defines properties: a key such as `__proto__` is one like any other. */
function encodeFields(value: object, each: (field: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, each(field)]));
}

function decodeValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(decodeValue);
  if (!Object.hasOwn(value, key)) return encodeFields(value, decodeValue);
  const wrapped = (value as { readonly [key]: unknown })[key];
  if (typeof wrapped === "object" && wrapped !== null) return encodeFields(wrapped, decodeValue);
  const number = named.get(String(wrapped));
  if (number === undefined) throw new SyntaxError(`unknown value ${JSON.stringify(wrapped)}`);
  return number;
}

export function encodeMessage(message: unknown): string {
  return JSON.stringify(encodeValue(message));
}

/** @throws {SyntaxError | RangeError} for what is no message */
export function decodeMessage(text: string): unknown {
  return decodeValue(JSON.parse(text));
}
