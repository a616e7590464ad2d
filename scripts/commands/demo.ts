/** `max demo`: server, simulator and console on one port, or a member of a cluster on each of several, until Ctrl-C. */
import { once } from "node:events";
import { isLoopbackName } from "../../schemas/loopback.js";
import type { LogFormat, LogLevel } from "../../server/core/log-choices.js";
import type { Max, StartOptions } from "../../server/main.js";
import { startDefaults } from "../../server/start-defaults.js";
import { loadToken } from "../../server/core/token.js";
import { formatInstant } from "../../schemas/instant.js";
import { exitCodes } from "../cli-error.js";
import { defineCommand } from "../flags/command.js";
import { demoFlags, requireMembers, requireMetricsPort, startOptionsOf } from "../flags/demo-flags.js";
import { readTelemetry } from "../flags/otlp-flag.js";
import { interruption } from "../interruption.js";
import type { ServerProcess } from "../server-process.js";

const tokenFile = ".max/token";

interface Demo {
  readonly options: StartOptions;
  /** Whether the market is to begin at the instant that the options name, and not now. */
  readonly hasStart: boolean;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  /** Processes. */
  readonly members: number;
}

export const demoCommand = defineCommand({
  flags: demoFlags,
  examples: [
    ["max demo", "a market at http://localhost:8000"],
    ["max demo --seed 7 --speed 10", "another market, ten times as fast"],
    ["max demo --trust-proxy 10.0.0.0/8", "behind a load balancer: limits count the addresses of its clients"],
    ["max demo --port 0 --clock manual", "a frozen market on a free port"],
    [
      "max demo --members 3 --cluster redis://localhost:6379 --store postgres://localhost/postgres",
      "a cluster of three processes, on ports 8000 to 8002",
    ],
  ],
  prepare(values): Demo {
    requireMembers(values);
    requireMetricsPort(values);
    const log = { level: values["log-level"], format: values["log-format"] };
    const telemetry = readTelemetry(process.env);
    const options = { ...startOptionsOf(values), ...(telemetry && { telemetry }) };
    return { options, hasStart: values.start !== "now", log, members: values.members };
  },
  run: (demo) => (demo.members > 1 ? demoCluster(demo) : demoServer(demo)),
});

async function start({ options, log }: Demo) {
  const [{ startMax }, { createLogger }] = await Promise.all([
    import("../../server/main.js"),
    import("../../server/core/logger.js"),
  ]);
  return await startMax({ ...options, token: ownToken(), logger: createLogger(log.level, log.format) });
}

function ownToken(): string {
  return process.env["MAX_TOKEN"] ?? loadToken(tokenFile, (warning) => write(`  Warning: ${warning}\n`));
}

function write(text: string): void {
  process.stderr.write(text);
}

/** The token is shown on a terminal alone: anything else may be a log, which others read. */
function consoleOf({ url, token }: Pick<Max, "url" | "token">): string {
  return `${url}/${process.stderr.isTTY ? `?token=${encodeURIComponent(token)}` : ""}`;
}

/** Where the token is found, where it is not shown. */
function tokenLines(): string[] {
  const source = process.env["MAX_TOKEN"] === undefined ? `in ${tokenFile}` : "from MAX_TOKEN";
  return process.stderr.isTTY ? [] : [`  Token      ${source}`];
}

/** Where the market is found. */
function describeAddresses(max: Max): string {
  return [
    `  Console    ${consoleOf(max)}`,
    `  Socket.IO  ${max.url}/socket.io/`,
    `  REST       ${max.url}/api/sectors`,
    ...(max.metricsUrl === undefined ? [] : [`  Metrics    ${max.metricsUrl}`]),
    ...tokenLines(),
  ].join("\n");
}

function describeMembers(members: readonly ServerProcess[]): string {
  const rows = members.map((member) => {
    const console = consoleOf(member).padEnd(consoleOf(members[0]!).length);
    return `  ${new URL(member.url).port.padEnd(6)}  ${String(member.pid).padEnd(7)}  ${console}  ${member.url}/socket.io/`;
  });
  const heading = `  Member  Process  ${"Console".padEnd(consoleOf(members[0]!).length)}  Socket.IO`;
  return [heading, ...rows].join("\n");
}

async function demoServer(demo: Demo): Promise<void> {
  const { options, hasStart } = demo;
  using interrupt = interruption(exitCodes.pass);
  const stopped = stopSignal(interrupt.signal);
  const max = await start(demo);
  const { scenario, seed, startMs } = max.simulation.world;
  if (process.send === undefined) {
    write(`\n  A market is running (seed ${seed}, scenario ${scenario.name}).\n\n`);
    write(`${describeAddresses(max)}\n\n  Ctrl-C ends it.\n\n`);
  }
  const { host = startDefaults.host } = options;
  if (isShadowed(max.url, host)) {
    write(
      `  Warning: another program answers at http://localhost:${new URL(max.url).port}; use the addresses above.\n\n`,
    );
  }
  if (hasStart && options.startMs !== startMs) {
    write(
      `  The store's market began at ${formatInstant(startMs)} and continues; --start takes effect with --reset.\n\n`,
    );
  }
  if (!isLoopbackName(host)) {
    write(`  Warning: ${host} is reachable from other machines, and managing the market needs no token.\n\n`);
  }
  // A parent process that launched this one is told where it listens.
  process.send?.({ url: max.url, token: max.token });
  await stopped;
  await max.close();
  process.exit(exitCodes.pass);
}

/** Each member is this command in a process of its own. */
async function demoCluster({ options, members: count }: Demo): Promise<void> {
  using interrupt = interruption(exitCodes.pass);
  const { runMembers } = await import("../members.js");
  await runMembers({
    count,
    port: options.port ?? startDefaults.port,
    ...(options.metrics && { metricsPort: options.metrics.port }),
    token: ownToken(),
    signal: interrupt.signal,
    write,
    onStarted(members) {
      write(`\n  A market is running in ${count} processes.\n\n${describeMembers(members)}\n`);
      write(`\n${[...tokenLines(), "  Ctrl-C ends them."].join("\n")}\n\n`);
    },
  });
  process.exit(exitCodes.pass);
}

/** Whether the address is not the usual one because that leads to another program. */
function isShadowed(url: string, host: string): boolean {
  return host === startDefaults.host && new URL(url).hostname !== "localhost";
}

/** Resolves at the first signal, or when the launching parent is gone. */
async function stopSignal(signal: AbortSignal): Promise<void> {
  await Promise.race([once(signal, "abort"), once(process, "disconnect")]);
}
