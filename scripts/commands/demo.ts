/** `max demo`: server, simulator and console on one port, until Ctrl-C. */
import { once } from "node:events";
import type { CommandModule } from "yargs";
import { isLoopbackName } from "../../server/http/addresses.js";
import { startDefaults } from "../../server/start-defaults.js";
import { loadToken } from "../../server/token.js";
import { formatInstant } from "../../schemas/instant.js";
import { exitCodes } from "../cli-error.js";
import { type DemoFlags, addDemoFlags, startOptionsOf } from "../demo-flags.js";
import { interruption } from "../interruption.js";
import { parseStart } from "../scenario-flag.js";
import { asCliError } from "../server-flags.js";

export const demoCommand: CommandModule<object, DemoFlags> = {
  command: "demo",
  describe: `run the server with a living market, on port ${startDefaults.port}`,
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
      import("../../server/logger.js"),
    ]);
    const token = process.env["MAX_TOKEN"] || loadToken(".max/token");
    return await startMax({ ...options, token, logger: createLogger("warn") });
  } catch (error) {
    throw asCliError(error);
  }
}

async function demo(flags: DemoFlags): Promise<void> {
  using interrupt = interruption(exitCodes.pass);
  const stopped = stopSignal(interrupt.signal);
  const max = await start(flags);
  const { scenario, seed, startMs } = max.simulation.world;
  process.stderr.write(`\n  A market is running (seed ${seed}, scenario ${scenario.name}).\n\n`);
  process.stderr.write(
    `  Console    ${max.url}/?token=${max.token}\n  Socket.IO  ${max.url}/socket.io/\n  REST       ${max.url}/api/sectors\n\n  Ctrl-C ends it.\n\n`,
  );
  if (flags.start !== "now" && parseStart(flags.start, 0) !== startMs) {
    process.stderr.write(
      `  The store's market began at ${formatInstant(startMs)} and goes on; --start takes effect with --reset.\n\n`,
    );
  }
  if (!isLoopbackName(flags.host)) {
    process.stderr.write(
      `  Warning: ${flags.host} is reachable from other machines, and managing the market needs no token.\n\n`,
    );
  }
  // A parent process that launched this one is told where it listens.
  process.send?.({ url: max.url, token: max.token });
  await stopped;
  await max.close();
  process.exit(exitCodes.pass);
}

/** Resolves at the first SIGINT or SIGTERM, or when the launching parent is gone. */
async function stopSignal(signal: AbortSignal): Promise<void> {
  await Promise.race([once(signal, "abort"), once(process, "disconnect")]);
}
