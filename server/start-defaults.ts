/**
 * What `startMax` takes where nothing is said, and between which bounds its numbers lie.
 *
 * Said here once: the library, the flags of `max` and their help read it. What a room takes by itself (limits, slow
 * subscribers, rate, retention) stands with that room. It loads no server, so that `max --help` need not, either.
 */
import { schemaFiles } from "../schemas/index.js";
import type { OptionRule } from "../schemas/option-table.js";
import { instantMsMax, instantMsMin } from "../schemas/instant.js";
import { defaultScenarioName, tickMsMax, tickMsMin } from "../simulator/index.js";

export const startDefaults = {
  port: 8000,
  host: "127.0.0.1",
  seed: "42",
  scenario: defaultScenarioName,
  speed: 1,
  clock: "real",
  store: ":memory:",
  reset: false,
  catchUp: false,
  origin: "*",
  fanout: "batched",
  compression: "on",
  recovery: false,
  drainMs: 1500,
} as const;

const seedLengthMax = schemaFiles["common.schema.json"].$defs.seed.maxLength;

/** What seed a market may have. */
export const seedRule: OptionRule = {
  // No database keeps a NUL, and Postgres refuses it.
  accepts: (value) =>
    typeof value === "string" && value !== "" && !value.includes("\0") && Array.from(value).length <= seedLengthMax,
  expected: `a string of 1 to ${seedLengthMax} characters without NUL`,
};

/** The numbers that an option may be. */
export interface NumberRange {
  readonly minimum: number;
  readonly maximum: number;
  /** @default false */
  readonly isWhole?: boolean;
  /** What it is, with its article, such as "a port". */
  readonly kind: string;
  /** What may be given instead, for people. */
  readonly takes: string;
}

const { minimum: speedMin, maximum: speedMax } = schemaFiles["common.schema.json"].$defs.speed;

export const startRanges = {
  port: { minimum: 0, maximum: 65_535, isWhole: true, kind: "a port", takes: "0 to 65535 (0 takes any free one)" },
  speed: {
    minimum: speedMin,
    maximum: speedMax,
    kind: "a speed",
    takes: `${speedMin} to ${speedMax} simulated seconds a second`,
  },
  tickMs: {
    minimum: tickMsMin,
    maximum: tickMsMax,
    isWhole: true,
    kind: "a tick",
    takes: `${tickMsMin} to ${tickMsMax} whole milliseconds`,
  },
  startMs: {
    minimum: instantMsMin,
    maximum: instantMsMax,
    isWhole: true,
    kind: "an instant",
    takes: "epoch milliseconds in the years 0 to 9999",
  },
  // As long as a timer can wait.
  drainMs: { minimum: 0, maximum: 2_147_483_647, kind: "a time", takes: "0 to 2147483647 milliseconds" },
} as const satisfies Record<string, NumberRange>;

/** @example isWithin(startRanges.port, 70_000) // false */
export function isWithin({ minimum, maximum, isWhole = false }: NumberRange, value: unknown): value is number {
  return typeof value === "number" && value >= minimum && value <= maximum && (!isWhole || Number.isInteger(value));
}
