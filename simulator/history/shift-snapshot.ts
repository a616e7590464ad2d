/**
 * Moves a world at rest to another day: everything stays as it is, only the calendar is another one.
 *
 * A snapshot holds its instants as epoch milliseconds under a few names, and in candles. By whole days alone the
 * world goes on as one that has had that start from the beginning: hours of the day, which people talk about and
 * candles end at, stay.
 */
import type { WorldSnapshot } from "../core/types.js";

const instants: ReadonlySet<string> = new Set([
  "startMs",
  "atMs",
  "createdAtMs",
  "endsMs",
  "lastMessageAtMs",
  "outageEndsMs",
  "statusSinceMs",
]);
/** Open candles, whose first number is the instant they begin at. */
const candles: ReadonlySet<string> = new Set(["second", "minute"]);
const dayMs = 86_400_000;

/**
 * @param days whole days, later or (below zero) earlier
 * @example restoreWorld({ ...options, startMs: startMs + 3 * 86_400_000 }, shiftSnapshot(world.snapshot(), 3))
 */
export function shiftSnapshot(snapshot: WorldSnapshot, days: number): WorldSnapshot {
  if (!Number.isSafeInteger(days)) throw new RangeError(`A world moves by whole days, not by ${days}`);
  return shift(snapshot, "", days * dayMs) as WorldSnapshot;
}

function shift(value: unknown, name: string, byMs: number): unknown {
  // Zero stands for an instant that is not there.
  if (typeof value === "number") return instants.has(name) && value !== 0 ? value + byMs : value;
  if (Array.isArray(value)) {
    if (!candles.has(name)) return value.map((item) => shift(item, "", byMs));
    return (value as readonly number[]).map((field, i) => (i === 0 ? field + byMs : field));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shift(item, key, byMs)]));
}
