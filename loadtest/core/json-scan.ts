/**
 * Reads JSON text for what `JSON.parse` forgives or cannot explain: NaN and Infinity (Python writes
 * them), integers beyond 2^53, duplicate keys, lone surrogates.
 *
 * It builds no value. It stops at the first place that is not JSON, because nothing after it can be trusted.
 */
import { pointerTo } from "../../schemas/json-pointer.js";

export interface UnsafeJson {
  readonly rule: "json-syntax" | "json-number" | "json-integer-range" | "json-duplicate-key" | "json-surrogate";
  readonly pointer: string;
  readonly detail: string;
}

const depthMax = 200;
const space = /[ \t\n\r]*/y;
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const notJsonNumber = /[+-]?(?:NaN|Infinity|inf|nan)\b/y;
// oxlint-disable-next-line no-control-regex -- JSON forbids raw control characters, so they are matched here
const stringToken = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;

/** Values that a JSON text may have; validation costs more than their number beyond that. */
const valuesMax = 20_000;

/** What makes a text too costly to be parsed and judged as JSON; undefined for a sensible one. */
export function findExcess(text: string): string | undefined {
  let values = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      for (at += 1; at < text.length && text[at] !== '"'; at += 1) if (text[at] === "\\") at += 1;
    } else if (character === "[" || character === "{") {
      values += 1;
      depth += 1;
      if (depth > depthMax) return `is nested deeper than ${depthMax}`;
    } else if (character === "]" || character === "}") depth -= 1;
    else if (character === ",") values += 1;
    if (values > valuesMax) return `has more than ${valuesMax} JSON values`;
  }
  return undefined;
}

class NotJson extends Error {}

/** Everything unsafe in a JSON text, in order of appearance. */
export function findUnsafeJson(text: string): UnsafeJson[] {
  const unsafe: UnsafeJson[] = [];
  let at = 0;

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const token = pattern.exec(text)?.[0];
    if (token !== undefined) at += token.length;
    return token;
  }

  function fail(pointer: string, rule: UnsafeJson["rule"], detail: string): never {
    unsafe.push({ rule, pointer, detail });
    throw new NotJson();
  }

  function readString(pointer: string): string {
    const token = take(stringToken);
    if (token === undefined) return fail(pointer, "json-syntax", `character ${at} begins no valid string`);
    const value = JSON.parse(token) as string;
    if (/\p{Surrogate}/u.test(value))
      unsafe.push({
        rule: "json-surrogate",
        pointer,
        detail: `the string ${token.slice(0, 80)} has a lone surrogate`,
      });
    return value;
  }

  function readNumber(pointer: string): void {
    const token = take(numberToken);
    if (token === undefined)
      return fail(
        pointer,
        "json-syntax",
        `character ${at} (${JSON.stringify(text.slice(at, at + 12))}) begins no JSON value`,
      );
    if (/^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token))) {
      unsafe.push({
        rule: "json-integer-range",
        pointer,
        detail: `${token} is beyond 2^53, where not every integer is a double`,
      });
    }
  }

  function readMembers(pointer: string, depth: number): void {
    const keys = new Set<string>();
    do {
      take(space);
      const key = readString(pointer);
      const place = pointer + pointerTo(key);
      if (keys.has(key))
        unsafe.push({
          rule: "json-duplicate-key",
          pointer: place,
          detail: `the key ${JSON.stringify(key)} stands there twice`,
        });
      keys.add(key);
      take(space);
      if (text[at] !== ":") fail(place, "json-syntax", `character ${at} should be a colon`);
      at += 1;
      readValue(place, depth + 1);
    } while (takeComma());
  }

  function takeComma(): boolean {
    if (text[at] !== ",") return false;
    at += 1;
    return true;
  }

  function close(pointer: string, bracket: string): void {
    if (text[at] !== bracket) fail(pointer, "json-syntax", `character ${at} should be ${bracket}`);
    at += 1;
  }

  function readValue(pointer: string, depth: number): void {
    if (depth > depthMax) fail(pointer, "json-syntax", `nested deeper than ${depthMax}`);
    take(space);
    const first = text[at];
    if (first === "{" || first === "[") {
      at += 1;
      take(space);
      const end = first === "{" ? "}" : "]";
      if (text[at] !== end && first === "{") readMembers(pointer, depth);
      else if (text[at] !== end) readItems(pointer, depth);
      close(pointer, end);
    } else if (first === '"') readString(pointer);
    else if (take(/true|false|null/y) === undefined) {
      const token = take(notJsonNumber);
      if (token !== undefined)
        fail(pointer, "json-number", `${token} is not JSON, so that no standard client can read it`);
      readNumber(pointer);
    }
    take(space);
  }

  function readItems(pointer: string, depth: number): void {
    let position = 0;
    do readValue(`${pointer}/${position++}`, depth + 1);
    while (takeComma());
  }

  try {
    readValue("", 0);
    if (at < text.length) fail("", "json-syntax", `something follows the value at character ${at}`);
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
  }
  return unsafe;
}
