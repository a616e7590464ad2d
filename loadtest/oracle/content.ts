/**
 * What frames say: read once for each distinct content, never for each delivery.
 *
 * Tells which frames break the contract, whether two frames mean the same, and in which fields they differ.
 */
import { type EventName, createEventChecks, findEventViolations, isEventName } from "../../schemas/index.js";
import { type UnsafeJson, findUnsafeJson } from "../core/json-scan.js";
import { pointerTo } from "../../schemas/json-pointer.js";

/** One way in which an event's content is wrong, as it is counted and shown. */
export interface ContentFault {
  readonly event: string;
  /** JSON pointer below the payload. */
  readonly pointer: string;
  /** The schema keyword that failed, or `missing`, `added`, `changed` against the oracle. */
  readonly keyword: string;
  readonly detail: string;
}

function parseEvent(text: string): readonly unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The event's name, for people; frames that are none have a name in brackets. */
export function eventNameOf(text: string): string {
  const end = text.indexOf('"', 2);
  const name = end < 0 ? "" : text.slice(2, end);
  return name === "" ? "(unreadable)" : name;
}

const memoryMax = 20_000;
/** Of the contents in memory together. */
const memoryCharactersMax = 16_000_000;

/** Holds contents against the contract, each distinct one once. */
export class Conformance {
  distinct = 0;
  readonly #checks: Record<EventName, (payload: unknown) => boolean> = createEventChecks();
  readonly #known = new Map<string, readonly ContentFault[]>();
  #knownCharacters = 0;

  /** Every violation of the contract in an event array. */
  examine(text: string): readonly ContentFault[] {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    this.distinct += 1;
    this.#knownCharacters += text.length;
    if (this.#known.size >= memoryMax || this.#knownCharacters > memoryCharactersMax) {
      this.#known.clear();
      this.#knownCharacters = text.length;
    }
    const faults = this.#judge(text);
    this.#known.set(text, faults);
    return faults;
  }

  #judge(text: string): readonly ContentFault[] {
    const parts = parseEvent(text);
    const event = eventNameOf(text);
    if (parts === undefined) return [{ event, pointer: "", keyword: "json", detail: "is no JSON array" }];
    const name: unknown = parts[0];
    if (!isEventName(name)) {
      return [{ event: String(name), pointer: "", keyword: "event", detail: "is not an event of the contract" }];
    }
    const faults: ContentFault[] =
      parts.length === 2
        ? []
        : [
            {
              event: name,
              pointer: "",
              keyword: "arguments",
              detail: `carries ${parts.length - 1} arguments instead of 1`,
            },
          ];
    for (const { pointer, detail } of findDuplicateKeys(text, parts))
      faults.push({ event: name, pointer: pointer.replace(/^\/1/, ""), keyword: "duplicateKey", detail });
    if (parts.length > 1 && this.#checks[name](parts[1])) return faults;
    return [
      ...faults,
      ...findEventViolations(name, parts[1]).map((violation) => Object.assign({ event: name }, violation)),
    ];
  }
}

/**
 * Keys that an object of the event has twice. `JSON.parse` keeps the last of them, and other readers the first.
 * What `JSON.stringify` would write has none: that is nearly every frame, and quickly told.
 */
function findDuplicateKeys(text: string, parts: readonly unknown[]): readonly UnsafeJson[] {
  if (JSON.stringify(parts) === text) return [];
  return findUnsafeJson(text).filter(({ rule }) => rule === "json-duplicate-key");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/**
 * True when two event arrays mean the same: other key order, other number format, other escapes. An object that has
 * a key twice means something else to each reader.
 */
export function sameMeaning(a: string, b: string): boolean {
  const left = parseEvent(a);
  const right = parseEvent(b);
  if (left === undefined || right === undefined || !sameValue(left, right)) return false;
  return findDuplicateKeys(a, left).length === 0 && findDuplicateKeys(b, right).length === 0;
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!isRecord(a) || !isRecord(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
  );
}

function* fieldFaults(expected: unknown, received: unknown, pointer: string): Generator<Omit<ContentFault, "event">> {
  if (sameValue(expected, received)) return;
  if (!isRecord(expected) || !isRecord(received)) {
    yield { pointer, keyword: "changed", detail: `${JSON.stringify(expected)} arrived as ${JSON.stringify(received)}` };
    return;
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(received)])) {
    const below = pointer + pointerTo(key);
    if (!Object.hasOwn(received, key)) yield { pointer: below, keyword: "missing", detail: "is missing" };
    else if (!Object.hasOwn(expected, key)) yield { pointer: below, keyword: "added", detail: "was not expected" };
    else yield* fieldFaults(expected[key], received[key], below);
  }
}

/** The fields in which a received event differs from the expected one. */
export function compareContents(expectedText: string, receivedText: string): readonly ContentFault[] {
  const expected = parseEvent(expectedText);
  const received = parseEvent(receivedText);
  const event = eventNameOf(expectedText);
  if (expected === undefined || received === undefined) {
    return [{ event, pointer: "", keyword: "changed", detail: "arrived as something that is no JSON array" }];
  }
  if (received[0] !== expected[0]) {
    return [{ event, pointer: "", keyword: "changed", detail: `arrived as ${String(received[0])}` }];
  }
  return [...fieldFaults(expected[1], received[1], "")].map((fault) => Object.assign({ event }, fault));
}
