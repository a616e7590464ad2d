/** `max demo`: server, simulator and console on one port, until Ctrl-C. */
import { once } from "node:events";
import { isLoopbackName } from "../../schemas/loopback.js";
import type { Max, StartOptions } from "../../server/main.js";
import { startDefaults } from "../../server/start-defaults.js";
import { loadToken } from "../../server/core/token.js";
import { formatInstant } from "../../schemas/instant.js";
import { exitCodes } from "../cli-error.js";
import { defineCommand } from "../flags/command.js";
import { demoFlags, startOptionsOf } from "../flags/demo-flags.js";
import { interruption } from "../interruption.js";

const tokenFile = ".max/token";

interface Demo {
  readonly options: StartOptions;
  /** Whether the market is to begin at the instant that the options name, and not now. */
  readonly hasStart: boolean;
}

export const demoCommand = defineCommand({
  flags: demoFlags,
  examples: [
    ["max demo", "a market at http://localhost:8000"],
    ["max demo --seed 7 --speed 10", "another market, ten times as fast"],
    ["max demo --port 0 --clock manual", "a frozen market on a free port"],
  ],
  prepare: (values): Demo => ({ options: startOptionsOf(values), hasStart: values.start !== "now" }),
  run: demo,
});

async function start(options: StartOptions) {
  const [{ startMax }, { createLogger }] = await Promise.all([
    import("../../server/main.js"),
    import("../../server/core/logger.js"),
  ]);
  const token = process.env["MAX_TOKEN"] ?? loadToken(tokenFile, (warning) => write(`  Warning: ${warning}\n`));
  return await startMax({ ...options, token, logger: createLogger("warn") });
}

function write(text: string): void {
  process.stderr.write(text);
}

/** Where the market is found. The token is shown on a terminal alone: anything else may be a log, which others read. */
function describeAddresses({ url, token }: Max): string {
  const query = process.stderr.isTTY ? `?token=${encodeURIComponent(token)}` : "";
  const source = process.env["MAX_TOKEN"] === undefined ? `in ${tokenFile}` : "from MAX_TOKEN";
  return [
    `  Console    ${url}/${query}`,
    `  Socket.IO  ${url}/socket.io/`,
    `  REST       ${url}/api/sectors`,
    ...(query === "" ? [`  Token      ${source}`] : []),
  ].join("\n");
}

async function demo({ options, hasStart }: Demo): Promise<void> {
  using interrupt = interruption(exitCodes.pass);
  const stopped = stopSignal(interrupt.signal);
  const max = await start(options);
  const { scenario, seed, startMs } = max.simulation.world;
  write(`\n  A market is running (seed ${seed}, scenario ${scenario.name}).\n\n`);
  write(`${describeAddresses(max)}\n\n  Ctrl-C ends it.\n\n`);
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

/** Whether the address is not the usual one because that leads to another program. */
function isShadowed(url: string, host: string): boolean {
  return host === startDefaults.host && new URL(url).hostname !== "localhost";
}

/** Resolves at the first signal, or when the launching parent is gone. */
async function stopSignal(signal: AbortSignal): Promise<void> {
  await Promise.race([once(signal, "abort"), once(process, "disconnect")]);
}
