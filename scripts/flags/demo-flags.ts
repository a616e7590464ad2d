/** The flags of `max demo`, in groups for its help. */
import { describeValue } from "../../schemas/describe-value.js";
import { formatDuration, parseCount, parseDuration, parseSize } from "../../schemas/index.js";
import { trustedProxyRule } from "../../server/http/trusted-proxies.js";
import type { StartOptions } from "../../server/main.js";
import { logFormats, logLevels } from "../../server/core/log-choices.js";
import { startDefaults, startRanges } from "../../server/start-defaults.js";
import { CliError, exitCodes, parseFlag } from "../cli-error.js";
import {
  type FlagTable,
  type FlagValues,
  asText,
  choiceFlag,
  listFlag,
  optionsOf,
  requireAlone,
  switchFlag,
  textFlag,
} from "./flag-table.js";
import { parseStart, startOf } from "./scenario-flag.js";
import { inRange, listenFlags, marketFlags, speedFlag } from "./server-flags.js";

const dayMs = 86_400_000;
const membersMax = 16;

function parseDays(text: string): number {
  return parseDuration(text) / dayMs;
}

function parseMembers(text: string, flag: string): number {
  const count = parseFlag(flag, text, parseCount);
  if (count >= 1 && count <= membersMax) return count;
  throw new CliError(exitCodes.usage, `Invalid ${flag} ${count}: expected 1 to ${membersMax} processes.`);
}

/** A limit has no default here: where it is not given, the server's own holds, and some then spare this machine. */
function limit(option: string, parse: (text: string) => number, description: string, defaultDescription: string) {
  return textFlag({ parse: (text, flag) => parseFlag(flag, text, parse), option, description, defaultDescription });
}

/** Each may be a list of its own. */
function parseNetworks(texts: readonly string[]): string[] {
  const networks = texts.flatMap((text) => text.split(","));
  const wrong = networks.find((network) => !trustedProxyRule.accepts(network));
  if (wrong === undefined) return networks;
  throw new CliError(
    exitCodes.usage,
    `Invalid --trust-proxy ${describeValue(wrong)}: expected ${trustedProxyRule.expected}.`,
  );
}

function inGroup<Table extends FlagTable>(group: string, table: Table): Table {
  return Object.fromEntries(Object.entries(table).map(([name, row]) => [name, { ...row, group }])) as unknown as Table;
}

// Apart, because the words that they take are lost in a group.
const logFlags = {
  "log-level": choiceFlag({
    choices: logLevels,
    default: "warn",
    description: "the least that is logged, on stderr",
  }),
  "log-format": choiceFlag({ choices: logFormats, default: "json", description: "text: lines for people" }),
};

export const demoFlags = {
  ...inGroup("Market:", {
    ...marketFlags,
    start: textFlag({
      parse: parseStart,
      option: "startMs",
      default: "now",
      description: "simulated instant of tick 0 (ISO, or now)",
    }),
    speed: speedFlag,
    clock: choiceFlag({
      choices: ["real", "manual"],
      option: "clock",
      default: startDefaults.clock,
      description: "manual: nothing moves until it is stepped",
    }),
  }),
  ...inGroup("History:", {
    store: textFlag({
      parse: asText,
      option: "store",
      default: ".max/store.sqlite",
      description: "where history is kept: a file, :memory: or postgres://...",
    }),
    reset: switchFlag({
      option: "reset",
      default: startDefaults.reset,
      description: "delete what the store holds and start afresh",
    }),
    "keep-candles": limit(
      "retention.minuteCandleDays",
      parseDays,
      "how long 1m candles are kept, simulated time; 0d for ever",
      "30d",
    ),
    "keep-messages": limit(
      "retention.simulatedMessagesMax",
      parseCount,
      "simulated messages kept of each discussion; posted ones stay; 0 keeps all",
      "100k",
    ),
  }),
  ...inGroup("Server:", {
    ...listenFlags,
    "trust-proxy": listFlag({
      parse: parseNetworks,
      option: "trustProxy",
      default: [],
      description: "address or network (CIDR) of proxies whose word about a client's address is taken",
    }),
    "max-connections": limit("limits.connectionsMax", parseCount, "realtime connections in all; 0 for no limit", "50k"),
    "max-per-address": limit(
      "limits.connectionsPerPeerMax",
      parseCount,
      "realtime connections from one address; 0 for no limit",
      "200, but not from this machine",
    ),
    "rate-limit": limit(
      "rateLimit.requestsMax",
      parseCount,
      "API requests from one address in 10 s; 0 for no limit",
      "2k, but not from this machine",
    ),
    drain: textFlag({
      parse: (text, flag) => parseFlag(flag, text, parseDuration),
      option: "drainMs",
      default: formatDuration(startDefaults.drainMs),
      description: "how long stopping may take to close the connections",
    }),
  }),
  ...inGroup("Observability:", {
    "metrics-port": textFlag({
      parse: inRange(startRanges.port),
      option: "metrics.port",
      description: "/metrics without the token, on a port of its own",
      defaultDescription: "/metrics on --port alone, with the token",
    }),
    "metrics-host": textFlag({
      parse: asText,
      option: "metrics.host",
      description: "address of that port",
      defaultDescription: "127.0.0.1",
    }),
    ...logFlags,
  }),
  ...inGroup("Cluster:", {
    cluster: textFlag({
      parse: asText,
      option: "cluster.redis",
      description: "share one market with other processes, through this Redis (redis://...)",
      defaultDescription: "alone",
    }),
    advertise: textFlag({
      parse: asText,
      option: "cluster.advertise",
      description: "where the other members reach this one",
      defaultDescription: "the address it listens on",
    }),
    members: textFlag({
      parse: parseMembers,
      default: "1",
      description: `processes to start, on consecutive ports, for trying a cluster; 1 to ${membersMax}`,
    }),
  }),
  ...inGroup("Subscribers:", {
    "soft-backlog": limit(
      "slow.softBacklogBytesMax",
      parseSize,
      "unsent bytes above which outdated updates are skipped; 0B never skips",
      "64KiB",
    ),
    "hard-backlog": limit(
      "slow.hardBacklogBytesMax",
      parseSize,
      "unsent bytes above which the connection is closed; 0B never",
      "1MiB",
    ),
    "slow-for": limit(
      "slow.slowMsMax",
      parseDuration,
      "how long a subscriber may stay slow before it is closed; 0s for ever",
      "10s",
    ),
    fanout: choiceFlag({
      choices: ["batched", "stock"],
      option: "fanout",
      default: startDefaults.fanout,
      description: "stock: Socket.IO's own, one write for each event, and no policy for slow subscribers",
    }),
    compression: choiceFlag({
      choices: ["on", "off"],
      option: "compression",
      default: startDefaults.compression,
      description: "compress broadcasts, once for all, for WebSocket subscribers that offer permessage-deflate",
    }),
    recovery: switchFlag({
      option: "recovery",
      default: startDefaults.recovery,
      description: "Socket.IO's connection state recovery; every event then has a second argument",
    }),
  }),
};

export type DemoFlags = FlagValues<typeof demoFlags>;

/** Refuses several members of what is no cluster. */
export function requireMembers(values: DemoFlags): void {
  const { members, cluster, store } = values;
  if (members === 1) return;
  requireAlone(values, "members", "advertise");
  if (cluster === undefined)
    throw new CliError(
      exitCodes.usage,
      "--members requires --cluster: give the address of a Redis, such as --cluster redis://localhost:6379.",
    );
  if (!/^postgres(ql)?:\/\//.test(store))
    throw new CliError(
      exitCodes.usage,
      `--members requires a Postgres store, which ${store} is not: give one such as --store postgres://localhost/postgres.`,
    );
}

/** Refuses the address of a port that is not asked for. */
export function requireMetricsPort(values: DemoFlags): void {
  if (values["metrics-host"] !== undefined && values["metrics-port"] === undefined)
    throw new CliError(exitCodes.usage, "--metrics-host requires --metrics-port.");
}

/** What the server of `max demo` is started with. */
export function startOptionsOf(values: DemoFlags): StartOptions {
  return {
    ...optionsOf(demoFlags, values),
    startMs: startOf(values.start, Date.now()),
    catchUp: values.start === "now" && values.clock === "real",
  };
}
