/** Everything that `startMax` takes, and what of it can be told to be unusable before anything is opened. */
import { inspect } from "node:util";
import { type Scenario, schemaFiles } from "../schemas/index.js";
import type { RateLimit } from "./api/rate-limit.js";
import type { Logger } from "./logger.js";
import { type RealtimeLimits, type SlowSubscriberPolicy, slowSubscriberDefaults } from "./realtime/index.js";
import { isWithin, startDefaults, startRanges } from "./start-defaults.js";
import { StartError } from "./start-error.js";
import type { Retention } from "./store/pruning.js";

export interface StartOptions {
  /** Zero takes any free port. @default 8000 */
  readonly port?: number;
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** The same seed gives the same bytes. @default "42" */
  readonly seed?: string;
  /** A shipped scenario's name, or a scenario of one's own. @default "trading-day" */
  readonly scenario?: string | Scenario;
  /** Simulated instant of tick 0, epoch milliseconds. @default the scenario's */
  readonly startMs?: number;
  /** Simulated milliseconds a tick, 100 to 1000. @default the scenario's */
  readonly tickMs?: number;
  /** Simulated seconds a second, 0.01 to 1000. @default 1 */
  readonly speed?: number;
  /** With "manual" nothing moves until `advance`. @default "real" */
  readonly clock?: "real" | "manual";
  /** Where history is kept: a file, `:memory:` or `postgres://...`. @default ":memory:" */
  readonly store?: string;
  /** Deletes what the store holds, whatever world it is of. @default false */
  readonly reset?: boolean;
  /**
   * Whether a restart goes on at the present: it runs silently through the time it missed. Of more than a day the
   * whole days are left out, as if the market had been closed. @default false
   */
  readonly catchUp?: boolean;
  /** How much history is kept. @default 30 days of 1m candles, 100,000 simulated messages a discussion */
  readonly retention?: Partial<Retention>;
  /** Origins that browsers may connect from; `*` is refused when NODE_ENV is "production". @default "*" */
  readonly origin?: string | readonly string[];
  /** Connections, in all and from one address, and what each of them may send. @default realtimeLimitDefaults */
  readonly limits?: Partial<RealtimeLimits>;
  /** From when on a subscriber is slow, and from when on it is closed. @default slowSubscriberDefaults */
  readonly slow?: Partial<SlowSubscriberPolicy>;
  /** API requests from one address. @default 2,000 in 10 s, and no limit for this machine */
  readonly rateLimit?: Partial<RateLimit>;
  /** `stock` leaves the fan-out to Socket.IO, without the policy for slow subscribers. @default "batched" */
  readonly fanout?: "batched" | "stock";
  /** Connection state recovery; it gives every event a second argument, for every client. @default false */
  readonly recovery?: boolean;
  /** The control token. @default a fresh one */
  readonly token?: string;
  /** How long closing may take to let subscribers go, milliseconds. @default 1500 */
  readonly drainMs?: number;
  /** Epoch milliseconds, for the time that a restart missed and the age of idempotency keys. @default Date.now */
  readonly wallClockMs?: () => number;
  /** @default none */
  readonly logger?: Logger;
}

function badOption(sentence: string): StartError {
  return new StartError("badOption", sentence);
}

function requireNumbers(name: string, group: object | undefined): void {
  for (const [field, value] of Object.entries(group ?? {})) {
    if (typeof value !== "number" || (Number.isFinite(value) && value >= 0)) continue;
    throw badOption(`${name}.${field}: ${value} is not a number from 0 upwards.`);
  }
}

const seedLengthMax = schemaFiles["common.schema.json"].$defs.seed.maxLength;

function requireSeed(seed: string): void {
  // No database keeps a NUL, and Postgres refuses it.
  if (seed === "" || seed.includes("\0") || Array.from(seed).length > seedLengthMax)
    throw badOption(`seed: ${JSON.stringify(seed)} is none; it takes 1 to ${seedLengthMax} characters without NUL.`);
}

function requireRanges(options: StartOptions): void {
  for (const [name, range] of Object.entries(startRanges)) {
    const value: unknown = options[name as keyof typeof startRanges];
    if (value === undefined || isWithin(range, value)) continue;
    throw badOption(`${name}: ${inspect(value)} is not ${range.kind}; it takes ${range.takes}.`);
  }
}

function requireBacklogs(given: StartOptions["slow"]): void {
  const { softBacklogBytesMax: soft, hardBacklogBytesMax: hard } = { ...slowSubscriberDefaults, ...given };
  if (hard > 0 && soft > hard) {
    throw badOption(
      `slow.softBacklogBytesMax: ${soft} is above slow.hardBacklogBytesMax, ${hard}: a subscriber would be closed before it is slow (on the command line --soft-backlog and --hard-backlog).`,
    );
  }
}

/** The options with what is left out filled in. */
export type CompleteOptions = StartOptions & Required<Pick<StartOptions, keyof typeof startDefaults>>;

/** @throws {StartError} for an option that cannot be used, whatever the machine */
export function completeOptions(options: StartOptions): CompleteOptions {
  requireRanges(options);
  const { seed, token } = options;
  if (seed !== undefined) requireSeed(seed);
  if (token === "") throw badOption("token: it is empty, and would let everybody in; leave it out for a fresh one.");
  for (const name of ["limits", "slow", "rateLimit", "retention"] as const) requireNumbers(name, options[name]);
  requireBacklogs(options.slow);
  // One that is given as undefined is left out.
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...startDefaults, ...Object.fromEntries(given) };
}
