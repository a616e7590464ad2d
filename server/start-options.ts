/** Everything that `startMax` takes, and what of it can be told to be unusable before anything is opened. */
import type { Scenario } from "../schemas/index.js";
import {
  type OptionFault,
  type OptionRule,
  type OptionTable,
  callback,
  checkOptions,
  either,
  flag,
  group,
  oneOf,
  record,
  text,
} from "../schemas/option-table.js";
import { type RateLimit, rateLimitRules } from "./api/rate-limit.js";
import type { ClusterOptions } from "./cluster/cluster-options.js";
import { type Logger, loggerRule } from "./core/logger.js";
import { trustProxyRule } from "./http/trusted-proxies.js";
import {
  type RealtimeLimits,
  type SlowSubscriberPolicy,
  compressionRule,
  fanoutRule,
  originRule,
  realtimeLimitRules,
  slowSubscriberDefaults,
  slowSubscriberRules,
} from "./realtime/index.js";
import { type NumberRange, isWithin, seedRule, startDefaults, startRanges } from "./start-defaults.js";
import { StartError } from "./core/errors.js";
import type { MetricsAddress } from "./metrics/metrics-listener.js";
import { type Retention, retentionRules } from "./store/pruning.js";
import type { TelemetryOptions } from "./telemetry/telemetry-options.js";
import { tokenRule } from "./core/token.js";

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
  /**
   * Addresses and networks (CIDR) of the proxies in front: from them the client's address is taken out of the PROXY
   * protocol, `X-Forwarded-For` and `Forwarded`, and limits for each address count that. @default []
   */
  readonly trustProxy?: readonly string[];
  /** Connections, in all and from one address, and what each of them may send. @default realtimeLimitDefaults */
  readonly limits?: Partial<RealtimeLimits>;
  /** From when on a subscriber is slow, and from when on it is closed. @default slowSubscriberDefaults */
  readonly slow?: Partial<SlowSubscriberPolicy>;
  /** API requests from one address. @default 2,000 in 10 s, and no limit for this machine */
  readonly rateLimit?: Partial<RateLimit>;
  /** `stock` leaves the fan-out to Socket.IO, without the policy for slow subscribers. @default "batched" */
  readonly fanout?: "batched" | "stock";
  /**
   * Broadcasts are compressed, once for all, for WebSocket subscribers that offer `permessage-deflate`; only with the
   * batched fan-out. @default "on"
   */
  readonly compression?: "on" | "off";
  /** Connection state recovery; it gives every event a second argument, for every client. @default false */
  readonly recovery?: boolean;
  /** Joins a cluster: several processes that share a Postgres store and serve one market. @default alone */
  readonly cluster?: ClusterOptions;
  /** Serves /metrics on another port as well, there without the control token. @default on the one port alone */
  readonly metrics?: MetricsAddress;
  /** Sends spans of requests and metrics to an OpenTelemetry receiver. @default none are made */
  readonly telemetry?: TelemetryOptions;
  /** The control token. @default a fresh one */
  readonly token?: string;
  /** How long closing may take to let subscribers go, milliseconds. @default 1500 */
  readonly drainMs?: number;
  /** Epoch milliseconds, for the time that a restart missed and the age of idempotency keys. @default Date.now */
  readonly wallClockMs?: () => number;
  /** @default none */
  readonly logger?: Logger;
}

function badOption(message: string, option: string): StartError {
  return new StartError("badOption", message, { option });
}

function inRange(range: NumberRange): OptionRule {
  return { accepts: (value) => isWithin(range, value), expected: `${range.kind}, ${range.takes}` };
}

/** What each option takes. What an address, a store or a scenario must be like is judged where it is opened. */
const startRules: OptionTable<StartOptions> = {
  port: inRange(startRanges.port),
  host: plainText("an address of this machine, such as 127.0.0.1"),
  seed: seedRule,
  scenario: either(text, record("a scenario's name or object")),
  startMs: inRange(startRanges.startMs),
  tickMs: inRange(startRanges.tickMs),
  speed: inRange(startRanges.speed),
  clock: oneOf("real", "manual"),
  store: plainText('a file, ":memory:" or "postgres://..."'),
  reset: flag,
  catchUp: flag,
  retention: group(retentionRules),
  origin: originRule,
  trustProxy: trustProxyRule,
  limits: group(realtimeLimitRules),
  slow: group(slowSubscriberRules),
  rateLimit: group(rateLimitRules),
  fanout: fanoutRule,
  compression: compressionRule,
  recovery: flag,
  cluster: group<ClusterOptions>({ redis: text, advertise: text }),
  metrics: group<MetricsAddress>({
    port: inRange(startRanges.port),
    host: plainText("an address of this machine, such as 127.0.0.1"),
  }),
  telemetry: record("what readTelemetryOptions makes of OTEL_* variables"),
  token: tokenRule,
  drainMs: inRange(startRanges.drainMs),
  wallClockMs: callback,
  logger: loggerRule,
};

/** Text that names something: it is not empty, and the system takes it. */
function plainText(expected: string): OptionRule {
  return { accepts: (value) => typeof value === "string" && value.trim() !== "" && !value.includes("\0"), expected };
}

/** An address of another database would be taken for the name of a file. Only its scheme is shown: it may hold a password. */
function requireStoreKind(store = ""): void {
  const [, scheme] = /^(file(?=:)|[a-z][a-z\d+.-]+(?=:\/\/))/i.exec(store) ?? [];
  if (scheme === undefined || /^postgres(ql)?$/.test(scheme)) return;
  throw badOption(`Invalid store "${scheme}:...": expected a file, ":memory:" or "postgres://...".`, "store");
}

function requireBacklogs(given: StartOptions["slow"]): void {
  const { softBacklogBytesMax: soft, hardBacklogBytesMax: hard } = { ...slowSubscriberDefaults, ...given };
  if (hard > 0 && soft > hard) {
    throw badOption(
      `Invalid slow.softBacklogBytesMax ${soft}: it is above the hard backlog, ${hard} bytes, so that a subscriber would be closed before it is slow.`,
      "slow.softBacklogBytesMax",
    );
  }
}

/** What a member of a cluster cannot do. */
function requireClusterOptions({ cluster, clock, reset, recovery, fanout }: StartOptions): void {
  if (cluster === undefined) return;
  if (cluster.redis === undefined)
    throw badOption("The option cluster.redis is missing: give it a redis:// address.", "cluster.redis");
  if (clock === "manual") throw badOption("A cluster has a clock of its own; leave the option clock out.", "clock");
  if (reset === true)
    throw badOption("A cluster's market cannot be reset; choose another store, or reset it with one server.", "reset");
  if (recovery === true && fanout === "stock")
    throw badOption(
      "With the stock fan-out a member cannot recover clients of another one; leave out the option fanout, or the option recovery.",
      "fanout",
    );
}

/** The options with what is left out filled in. */
export type CompleteOptions = StartOptions & Required<Pick<StartOptions, keyof typeof startDefaults>>;

/** @throws {StartError} for an option that cannot be used, whatever the machine */
export function completeOptions(given: StartOptions): CompleteOptions {
  const refuse = ({ option, message }: OptionFault): StartError => badOption(message, option);
  const options = checkOptions("startMax()", startRules, given, refuse);
  requireBacklogs(options.slow);
  requireStoreKind(options.store);
  requireClusterOptions(options);
  return { ...startDefaults, ...options };
}
