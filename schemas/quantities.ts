/**
 * Quantities as people write them: durations `250ms 30s 5m 1h 2d`, counts `5k 1.5M`, sizes `64KiB 1MB`.
 * The one parser for command line, plan files and scenario files.
 */

import { describeValue } from "./describe-value.js";

const durationUnitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const countUnits: Readonly<Record<string, number>> = { "": 1, k: 1e3, M: 1e6 };
const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KiB: 1024,
  MB: 1e6,
  MiB: 1024 * 1024,
  GB: 1e9,
  GiB: 1024 * 1024 * 1024,
};

/** A text that is no quantity of the kind asked for. */
export class QuantityError extends Error {
  override readonly name = "QuantityError";
}

function parse(text: string, units: Readonly<Record<string, number>>, kind: string, examples: string): number {
  const [, digits, name = ""] = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]*)$/.exec(text.trim()) ?? [];
  const unit = Object.hasOwn(units, name) ? units[name] : undefined;
  if (digits === undefined || unit === undefined) {
    throw new QuantityError(`${describeValue(text)} is not a ${kind}; write it like ${examples}`);
  }
  return Math.round(Number(digits) * unit);
}

/** @example parseDuration("1.5h") // 5400000, milliseconds */
export function parseDuration(text: string): number {
  return parse(text, durationUnitsMs, "duration", "250ms, 30s, 5m or 1h");
}

/** @example parseCount("5k") // 5000 */
export function parseCount(text: string): number {
  return parse(text, countUnits, "count", "200 or 5k");
}

/** @example parseSize("64KiB") // 65536, bytes */
export function parseSize(text: string): number {
  return parse(text, sizeUnits, "size", "512B, 64KiB or 1MiB");
}

/** @example formatDuration(90_000) // "90s" */
export function formatDuration(durationMs: number): string {
  for (const unit of ["d", "h", "m", "s"] as const) {
    const unitMs = durationUnitsMs[unit];
    const limit = unit === "s" ? 1 : 2;
    if (durationMs >= unitMs * limit && durationMs % unitMs === 0) return `${durationMs / unitMs}${unit}`;
  }
  return `${durationMs}ms`;
}
