/**
 * An entry as text of the Redis stream, the row of the fallback path as text of its column, and both back. What comes
 * back was written by other processes and is checked.
 */
import type { DecidedRow, Stretch } from "./decided-row.js";
import type { Entry } from "./entry.js";

/** An entry of the stream that no member of this version can have written. */
export class EntryError extends Error {
  override readonly name = "EntryError";
}

/** Fields that are nanoseconds: JSON has no such numbers. */
const nanoseconds = new Set(["acceptedNs", "aheadNs", "monotonicNs"]);

export function encodeEntry(entry: Entry): string {
  return stringify(entry);
}

function stringify(value: unknown): string {
  return JSON.stringify(value, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

type Check = (value: unknown) => boolean;
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isText: Check = (value) => typeof value === "string";
const isObject: Check = (value) => typeof value === "object" && value !== null;
const isNs: Check = (value) => typeof value === "bigint";

const isPosition: Check = (value) => hasFields(value, { tick: isCount, sequence: isCount });
const isCheck: Check = (value) => hasFields(value, { at: isPosition, digest: isText });
const isAnchor: Check = (value) =>
  hasFields(value, { fromTick: isCount, monotonicNs: isNs, intervalNs: (ns) => typeof ns === "number" && ns > 0 });
const isPace: Check = (value) =>
  hasFields(value, {
    playing: (playing) => typeof playing === "boolean",
    speed: (speed) => typeof speed === "number" && speed > 0,
    slips: isCount,
    anchors: (anchors) => Array.isArray(anchors) && anchors.every(isAnchor),
  });
const isClock: Check = (value) =>
  hasFields(value, { id: isText, hostId: isText, aheadNs: isNs, uncertaintyNs: isCount });
const move = { epoch: isCount, tick: isCount, sequence: isCount, check: isCheck };

const fields: Readonly<Record<Entry["kind"], Readonly<Record<string, Check>>>> = {
  leader: { epoch: isCount, member: isText, url: isText, pace: isPace, paceNumber: isCount, clock: isClock },
  tick: move,
  command: { ...move, command: isObject, acceptedNs: isNs },
  skip: { ...move, toTick: isCount },
  pace: { epoch: isCount, pace: isPace, paceNumber: isCount },
  beat: { epoch: isCount },
  resign: { epoch: isCount },
  broadcast: { member: isText, number: isCount, events: Array.isArray },
};

function hasFields(value: unknown, checks: Readonly<Record<string, Check>>): boolean {
  if (typeof value !== "object" || value === null) return false;
  const given = value as Readonly<Record<string, unknown>>;
  return Object.entries(checks).every(([name, accepts]) => accepts(given[name]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, (key, value: unknown) =>
      nanoseconds.has(key) && typeof value === "string" ? BigInt(value) : value,
    ) as unknown;
  } catch (cause) {
    throw new EntryError("An entry of the cluster's log is no JSON.", { cause });
  }
}

/** @throws {EntryError} when it is none */
export function decodeEntry(text: string): Entry {
  const value = parse(text);
  const kind = (value as { readonly kind?: unknown } | null)?.kind;
  if (typeof kind !== "string" || !Object.hasOwn(fields, kind) || !hasFields(value, fields[kind as Entry["kind"]]))
    throw new EntryError("An entry of the cluster's log is none of this version.");
  return value as Entry;
}

const isRow: Readonly<Record<string, Check>> = {
  ...fields.leader,
  tick: isCount,
  sequence: isCount,
  check: isCheck,
  stretches: isText,
};

/** Stretches are most of a row, which is written many times a second. */
export function encodeRow({ stretches, ...row }: DecidedRow): string {
  return stringify({ ...row, stretches: stretches.map(encodeStretch).join(" ") });
}

/** @throws {EntryError} when it is none */
export function decodeRow(text: string): DecidedRow {
  const value = parse(text);
  if (!hasFields(value, isRow)) throw new EntryError("The row of the cluster is none of this version.");
  const row = value as Omit<DecidedRow, "stretches"> & { readonly stretches: string };
  return { ...row, stretches: row.stretches === "" ? [] : row.stretches.split(" ").map(decodeStretch) };
}

function encodeStretch(stretch: Stretch): string {
  const { kind, tick, sequence } = stretch;
  if (kind === "command") return `c${tick}/${sequence}@${stretch.acceptedNs}`;
  return `${kind === "ticks" ? "t" : "s"}${tick}-${stretch.toTick}/${sequence}`;
}

function decodeStretch(text: string): Stretch {
  const [, isCommand, commandTick, commandSequence, acceptedNs] = /^(c)(\d+)\/(\d+)@(\d+)$/.exec(text) ?? [];
  if (isCommand !== undefined)
    return {
      kind: "command",
      tick: Number(commandTick),
      sequence: Number(commandSequence),
      acceptedNs: BigInt(acceptedNs ?? 0),
    };
  const [, kind, tick, toTick, sequence] = /^([ts])(\d+)-(\d+)\/(\d+)$/.exec(text) ?? [];
  if (kind === undefined) throw new EntryError("The row of the cluster is none of this version.");
  return {
    kind: kind === "t" ? "ticks" : "skip",
    tick: Number(tick),
    toTick: Number(toTick),
    sequence: Number(sequence),
  };
}
