/** `max demo`: server, simulator and console on one port, until Ctrl-C. */
import { once } from "node:events";
import type { CommandModule } from "yargs";
import { isLoopbackName } from "../../server/http/addresses.js";
import type { Max } from "../../server/main.js";
import { startDefaults } from "../../server/start-defaults.js";
import { loadToken } from "../../server/core/token.js";
import { formatInstant } from "../../schemas/instant.js";
import { exitCodes } from "../cli-error.js";
import { type DemoFlags, addDemoFlags, demoFlagOf, startOptionsOf } from "../demo-flags.js";
import { interruption } from "../interruption.js";
import { parseStart } from "../scenario-flag.js";
import { asCliError } from "../server-flags.js";

const tokenFile = ".max/token";

export const demoCommand: CommandModule<object, DemoFlags> = {
  command: "demo",
  builder: (yargs) =>
    addDemoFlags(yargs)
      .example("max demo", "a market at http://localhost:8000")
      .example("max demo --seed 7 --speed 10", "another market, ten times as fast")
      .example("max demo --port 0 --clock manual", "a frozen market on a free port"),
  handler: demo,
};

async function start(flags: DemoFlags) {
  try {
    const options = startOptionsOf(flags);
    const [{ startMax }, { createLogger }] = await Promise.all([
      import("../../server/main.js"),
      import("../../server/core/logger.js"),
    ]);
    const token = process.env["MAX_TOKEN"] ?? loadToken(tokenFile, (warning) => write(`  Warning: ${warning}\n`));
    return await startMax({ ...options, token, logger: createLogger("warn") });
  } catch (error) {
    throw asCliError(error, demoFlagOf);
  }
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

async function demo(flags: DemoFlags): Promise<void> {
  using interrupt = interruption(exitCodes.pass);
  const stopped = stopSignal(interrupt.signal);
  const max = await start(flags);
  const { scenario, seed, startMs } = max.simulation.world;
  write(`\n  A market is running (seed ${seed}, scenario ${scenario.name}).\n\n`);
  write(`${describeAddresses(max)}\n\n  Ctrl-C ends it.\n\n`);
  if (isShadowed(max.url, flags.host)) {
    write(
      `  Warning: another program answers at http://localhost:${new URL(max.url).port}; use the addresses above.\n\n`,
    );
  }
  if (flags.start !== "now" && parseStart(flags.start, 0) !== startMs) {
    write(
      `  The store's market began at ${formatInstant(startMs)} and goes on; --start takes effect with --reset.\n\n`,
    );
  }
  if (!isLoopbackName(flags.host)) {
    write(`  Warning: ${flags.host} is reachable from other machines, and managing the market needs no token.\n\n`);
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

/** Resolves at the first SIGINT or SIGTERM, or when the launching parent is gone. */
async function stopSignal(signal: AbortSignal): Promise<void> {
  await Promise.race([once(signal, "abort"), once(process, "disconnect")]);
}
