/** The flags of `max demo`: in groups for its help, and as the options that a server is started with. */
import type { Argv } from "yargs";
import { formatDuration, parseCount, parseDuration, parseSize } from "../schemas/index.js";
import type { StartOptions } from "../server/main.js";
import { startDefaults } from "../server/start-defaults.js";
import { parseFlag } from "./cli-error.js";
import { loadScenario, parseStart } from "./scenario-flag.js";
import { listenFlags, marketFlags, parsePort, parseSpeed, parseTickMs } from "./server-flags.js";

type Limit =
  | "keep-candles"
  | "keep-messages"
  | "max-connections"
  | "max-per-address"
  | "rate-limit"
  | "soft-backlog"
  | "hard-backlog"
  | "slow-for";

export interface DemoFlags extends Readonly<Record<Limit, string | undefined>> {
  readonly port: string;
  readonly host: string;
  readonly "allow-host": string[];
  readonly origin: string[];
  readonly drain: string;
  readonly seed: string;
  readonly scenario: string;
  readonly start: string;
  readonly speed: string;
  readonly clock: "real" | "manual";
  readonly "tick-ms": string | undefined;
  readonly store: string;
  readonly reset: boolean;
  readonly fanout: "batched" | "stock";
  readonly recovery: boolean;
}

/** A limit has no default here: where it is not given, the server's own holds, and some then spare this machine. */
function limit(describe: string, defaultDescription: string) {
  return { type: "string", describe, defaultDescription } as const;
}

export function addDemoFlags(yargs: Argv<object>): Argv<DemoFlags> {
  return yargs
    .options({
      ...marketFlags,
      start: { type: "string", default: "now", describe: "simulated instant of tick 0 (ISO, or now)" },
      speed: { type: "string", default: String(startDefaults.speed), describe: "simulated seconds a second" },
      clock: {
        choices: ["real", "manual"] as const,
        default: startDefaults.clock,
        describe: "manual: nothing moves until it is stepped",
      },
    })
    .options({
      store: {
        type: "string",
        default: ".max/store.sqlite",
        describe: "where history is kept: a file, :memory: or postgres://...",
      },
      reset: {
        type: "boolean",
        default: startDefaults.reset,
        describe: "forget what the store holds and start afresh",
      },
      "keep-candles": limit("how long 1m candles are kept, simulated time; 0d for ever", "30d"),
      "keep-messages": limit("simulated messages kept of each discussion; posted ones stay; 0 keeps all", "100k"),
    })
    .options({
      ...listenFlags,
      "max-connections": limit("realtime connections in all; 0 for no limit", "50k"),
      "max-per-address": limit(
        "realtime connections from one address; 0 for no limit",
        "200, but not from this machine",
      ),
      "rate-limit": limit("API requests from one address in 10 s; 0 for no limit", "2k, but not from this machine"),
      drain: {
        type: "string",
        default: formatDuration(startDefaults.drainMs),
        describe: "how long stopping may take to let subscribers go",
      },
    })
    .options({
      "soft-backlog": limit("unsent bytes above which outdated updates are skipped; 0B never skips", "64KiB"),
      "hard-backlog": limit("unsent bytes above which the connection is closed; 0B never", "1MiB"),
      "slow-for": limit("how long a subscriber may stay slow before it is closed; 0s for ever", "10s"),
      fanout: {
        choices: ["batched", "stock"] as const,
        default: startDefaults.fanout,
        describe: "stock: Socket.IO's own, one write for each event, and no policy for slow subscribers",
      },
      recovery: {
        type: "boolean",
        default: startDefaults.recovery,
        describe: "Socket.IO's connection state recovery; every event then has a second argument",
      },
    })
    .group(["seed", "scenario", "start", "speed", "clock", "tick-ms"], "Market:")
    .group(["store", "reset", "keep-candles", "keep-messages"], "History:")
    .group(
      ["port", "host", "origin", "allow-host", "max-connections", "max-per-address", "rate-limit", "drain"],
      "Server:",
    )
    .group(["soft-backlog", "hard-backlog", "slow-for", "fanout", "recovery"], "Subscribers:");
}

/** `{ [name]: value }` where the flag is given, else nothing, so that the server's default holds. */
function given<Name extends string>(
  flags: DemoFlags,
  flag: Limit,
  name: Name,
  parse: (text: string) => number,
): Partial<Record<Name, number>> {
  const text = flags[flag];
  return text === undefined ? {} : ({ [name]: parseFlag(flag, text, parse) } as Record<Name, number>);
}

/** The flag, or variable, that sets an option of the server. */
export function demoFlagOf(option: string): string {
  return option === "token" ? "MAX_TOKEN" : `--${flagNames[option] ?? option}`;
}

/** Where a flag is not named like its option. */
const flagNames: Readonly<Record<string, string>> = {
  startMs: "start",
  tickMs: "tick-ms",
  drainMs: "drain",
  "retention.minuteCandleDays": "keep-candles",
  "retention.simulatedMessagesMax": "keep-messages",
  "limits.connectionsMax": "max-connections",
  "limits.connectionsPerPeerMax": "max-per-address",
  "limits.allowedHosts": "allow-host",
  "rateLimit.requestsMax": "rate-limit",
  "slow.softBacklogBytesMax": "soft-backlog",
  "slow.hardBacklogBytesMax": "hard-backlog",
  "slow.slowMsMax": "slow-for",
};

const dayMs = 86_400_000;

/** @throws {CliError} that names the flag which cannot be used */
export function startOptionsOf(flags: DemoFlags): StartOptions {
  const { origin } = flags;
  return {
    seed: flags.seed,
    scenario: loadScenario(flags.scenario),
    startMs: parseStart(flags.start, Date.now()),
    speed: parseSpeed(flags.speed),
    clock: flags.clock,
    ...parseTickMs(flags["tick-ms"]),
    store: flags.store,
    reset: flags.reset,
    catchUp: flags.start === "now" && flags.clock === "real",
    retention: {
      ...given(flags, "keep-candles", "minuteCandleDays", (text) => parseDuration(text) / dayMs),
      ...given(flags, "keep-messages", "simulatedMessagesMax", parseCount),
    },
    port: parsePort(flags.port),
    host: flags.host,
    origin: origin.length === 1 ? origin[0]! : origin,
    limits: {
      allowedHosts: flags["allow-host"],
      ...given(flags, "max-connections", "connectionsMax", parseCount),
      ...given(flags, "max-per-address", "connectionsPerPeerMax", parseCount),
    },
    rateLimit: given(flags, "rate-limit", "requestsMax", parseCount),
    drainMs: parseFlag("drain", flags.drain, parseDuration),
    slow: {
      ...given(flags, "soft-backlog", "softBacklogBytesMax", parseSize),
      ...given(flags, "hard-backlog", "hardBacklogBytesMax", parseSize),
      ...given(flags, "slow-for", "slowMsMax", parseDuration),
    },
    fanout: flags.fanout,
    recovery: flags.recovery,
  };
}
