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
const literal = /true|false|null/y;
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

/** One pass over a text, from its first character on. */
class Scan {
  readonly unsafe: UnsafeJson[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readText(): void {
    this.#readValue("", 0);
    if (this.#at < this.#text.length)
      this.#fail("", "json-syntax", `something follows the value at character ${this.#at}`);
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    if (token !== undefined) this.#at += token.length;
    return token;
  }

  #takeCharacter(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #require(character: string, name: string, pointer: string): void {
    if (!this.#takeCharacter(character)) this.#fail(pointer, "json-syntax", `character ${this.#at} should be ${name}`);
  }

  #fail(pointer: string, rule: UnsafeJson["rule"], detail: string): never {
    this.unsafe.push({ rule, pointer, detail });
    throw new NotJson();
  }

  #readValue(pointer: string, depth: number): void {
    if (depth > depthMax) this.#fail(pointer, "json-syntax", `nested deeper than ${depthMax}`);
    this.#take(space);
    if (this.#takeCharacter("{")) this.#readMembers(pointer, depth);
    else if (this.#takeCharacter("[")) this.#readItems(pointer, depth);
    else if (this.#text[this.#at] === '"') this.#readString(pointer);
    else if (this.#take(literal) === undefined) this.#readNumber(pointer);
    this.#take(space);
  }

  #readMembers(pointer: string, depth: number): void {
    this.#take(space);
    if (this.#takeCharacter("}")) return;
    const keys = new Set<string>();
    do {
      this.#take(space);
      const key = this.#readString(pointer);
      const place = pointer + pointerTo(key);
      if (keys.has(key))
        this.unsafe.push({
          rule: "json-duplicate-key",
          pointer: place,
          detail: `the key ${JSON.stringify(key)} stands there twice`,
        });
      keys.add(key);
      this.#take(space);
      this.#require(":", "a colon", place);
      this.#readValue(place, depth + 1);
    } while (this.#takeCharacter(","));
    this.#require("}", "}", pointer);
  }

  #readItems(pointer: string, depth: number): void {
    this.#take(space);
    if (this.#takeCharacter("]")) return;
    let position = 0;
    do this.#readValue(`${pointer}/${position++}`, depth + 1);
    while (this.#takeCharacter(","));
    this.#require("]", "]", pointer);
  }

  #readString(pointer: string): string {
    const token = this.#take(stringToken);
    if (token === undefined) return this.#fail(pointer, "json-syntax", `character ${this.#at} begins no valid string`);
    const value = JSON.parse(token) as string;
    if (/\p{Surrogate}/u.test(value))
      this.unsafe.push({
        rule: "json-surrogate",
        pointer,
        detail: `the string ${token.slice(0, 80)} has a lone surrogate`,
      });
    return value;
  }

  #readNumber(pointer: string): void {
    const other = this.#take(notJsonNumber);
    if (other !== undefined)
      this.#fail(pointer, "json-number", `${other} is not JSON, so that no standard client can read it`);
    const token = this.#take(numberToken);
    if (token === undefined) {
      const found = JSON.stringify(this.#text.slice(this.#at, this.#at + 12));
      return this.#fail(pointer, "json-syntax", `character ${this.#at} (${found}) begins no JSON value`);
    }
    if (/^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token))) {
      this.unsafe.push({
        rule: "json-integer-range",
        pointer,
        detail: `${token} is beyond 2^53, where not every integer is a double`,
      });
    }
  }
}

/** Everything unsafe in a JSON text, in order of appearance. */
export function findUnsafeJson(text: string): UnsafeJson[] {
  const scan = new Scan(text);
  try {
    scan.readText();
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
  }
  return scan.unsafe;
}
