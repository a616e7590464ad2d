/**
 * Opens the store: a file, memory or Postgres.
 *
 * A file and Postgres live in a thread of their own; `:memory:` has no disk to wait for and lives in
 * this one, where it starts sooner.
 */
import { type Logger, silentLogger } from "../core/logger.js";
import type { Backend, BackendEvents, BackendOptions } from "./backend.js";
import { createStore } from "./create-store.js";
import { type Retention, defaultRetention } from "./pruning.js";
import type { SecondCandles } from "./second-candles.js";
import type { Store } from "./store.js";
import { wallClockMs } from "../core/timers.js";

export interface OpenStoreOptions {
  /** A file, `:memory:`, or `postgres://…`. */
  readonly url: string;
  readonly seed: string;
  /** The scenario's name. */
  readonly scenario: string;
  /** Of the scenario's content, which may be edited under the same name. @default not compared */
  readonly scenarioDigest?: string;
  readonly simulatorVersion: string;
  /** What is there, whatever world it is of, counts as deleted, and is when a timeline begins. @default false */
  readonly reset?: boolean;
  /** How long history is kept. */
  readonly retention?: Partial<Retention>;
  /** Milliseconds since the epoch, for the age of idempotency keys. @default Date.now */
  readonly wallClockMs?: () => number;
  /** How long one request waits for the store, milliseconds. @default 5000 */
  readonly waitMsMax?: number;
  /** @default none */
  readonly logger?: Logger;
  /** Of a member of a cluster. @default nobody else writes to the store */
  readonly membership?: Membership;
}

/** What a member of a cluster that waits for the store brings along. */
export interface Membership {
  /** Told when no other member can write any more; the store is opened then. */
  readonly onLocked: () => void;
  /** Told when this member no longer holds the store. */
  readonly onLockLost: () => void;
  /** Ends the wait for the store. */
  readonly signal: AbortSignal;
  /** The last hour's candles, which every member has of its own world. */
  readonly seconds: SecondCandles;
}

/** Rows of one transaction in the thread of the ticks: about two milliseconds. */
const ownThreadRowsMax = 300;
const workerRowsMax = 20_000;
/** Different reasons of failed reads that are logged. */
const loggedReasonsMax = 1000;

/** Loads only what is needed: where a thread has the database, this one does without its libraries. */
async function openBackendFor(
  isOwnThread: boolean,
  options: BackendOptions,
  events: BackendEvents,
  signal: AbortSignal | undefined,
): Promise<Backend> {
  if (isOwnThread) return await (await import("./worker-backend.js")).openWorkerBackend(options, events, signal);
  return await (await import("./backend.js")).openBackend(options, events);
}

/**
 * Opens a store for a world.
 *
 * @throws {StartError} when it belongs to another market, in use, damaged or out of reach
 * @example const store = await openStore({ url: ":memory:", seed: "42", scenario: "trading-day", simulatorVersion: "1" });
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const logger = options.logger ?? silentLogger;
  const isOwnThread = options.url !== ":memory:";
  const backendOptions: BackendOptions = {
    url: options.url,
    seed: options.seed,
    scenario: options.scenario,
    ...(options.scenarioDigest !== undefined && { scenarioDigest: options.scenarioDigest }),
    simulatorVersion: options.simulatorVersion,
    reset: options.reset ?? false,
    groupRowsMax: isOwnThread ? workerRowsMax : ownThreadRowsMax,
    isMember: options.membership !== undefined,
  };
  let outage: string | null = null;
  const readFailures = new Set<string>();
  const events: BackendEvents = {
    onOutage(now) {
      outage = now;
      if (now === null) logger.info({}, "the store can be written again");
      else logger.error({ reason: now }, "the store cannot be written");
    },
    onGivenUp: (messages) =>
      logger.warn({ messages }, "simulated messages were given up because the store could not be written for too long"),
    onReadFailed(reason) {
      // A page that is asked for again and again fails for the same reason each time.
      if (readFailures.has(reason) || readFailures.size >= loggedReasonsMax) return;
      readFailures.add(reason);
      logger.error({ reason }, "a part of the store cannot be read");
    },
    onLocked: () => options.membership?.onLocked(),
    onLockLost: () => options.membership?.onLockLost(),
  };
  const backend = await openBackendFor(isOwnThread, backendOptions, events, options.membership?.signal);
  return createStore({
    backend,
    retention: { ...defaultRetention, ...options.retention },
    wallClockMs: options.wallClockMs ?? wallClockMs,
    outage: () => outage,
    isReset: backendOptions.reset,
    waitMsMax: options.waitMsMax ?? 5000,
    ...(options.membership && { seconds: options.membership.seconds }),
  });
}
