/** `max demo`: server, simulator and console on one port, until Ctrl-C. */
import type { CommandModule } from "yargs";
import { parseDuration } from "../../schemas/index.js";
import { startMax } from "../../server/main.js";
import { createLogger } from "../../server/logger.js";
import { isLoopback } from "../../server/realtime/addresses.js";
import { loadToken } from "../../server/token.js";
import { defaultScenarioName } from "../../simulator/index.js";
import { exitCodes, parseFlag } from "../cli-error.js";
import { loadScenario, parseStart } from "../scenario-flag.js";
import { asCliError, parsePort, parseSpeed, parseTickMs } from "../server-flags.js";

interface DemoFlags {
  readonly port: string;
  readonly host: string;
  readonly seed: string;
  readonly scenario: string;
  readonly start: string;
  readonly speed: string;
  readonly clock: "real" | "manual";
  readonly "tick-ms": string | undefined;
  readonly store: string;
  readonly reset: boolean;
  readonly origin: string[];
  readonly drain: string;
}

export const demoCommand: CommandModule<object, DemoFlags> = {
  command: "demo",
  describe: "run the server with a living market, on port 8000",
  builder: (yargs) =>
    yargs
      .option("port", { type: "string", default: "8000", describe: "0 takes any free port" })
      .option("host", { type: "string", default: "127.0.0.1", describe: "address to listen on; 0.0.0.0 for everybody" })
      .option("seed", { type: "string", default: "42", describe: "the same seed gives the same market" })
      .option("scenario", {
        type: "string",
        default: defaultScenarioName,
        describe: "a shipped scenario's name, or the path of a file",
      })
      .option("start", { type: "string", default: "now", describe: "simulated instant of tick 0 (ISO, or now)" })
      .option("speed", { type: "string", default: "1", describe: "simulated seconds a second" })
      .option("clock", {
        choices: ["real", "manual"] as const,
        default: "real" as const,
        describe: "manual: nothing moves until it is stepped",
      })
      .option("tick-ms", {
        type: "string",
        describe: "simulated milliseconds a tick, 100 to 1000",
        defaultDescription: "the scenario's",
      })
      .option("store", {
        type: "string",
        default: ".max/store.sqlite",
        describe: "where history is kept: a file, :memory: or postgres://...",
      })
      .option("reset", { type: "boolean", default: false, describe: "forget what the store holds and start afresh" })
      .option("origin", {
        type: "string",
        array: true,
        default: ["*"],
        describe: "origins that browsers may connect from",
      })
      .option("drain", {
        type: "string",
        default: "1500ms",
        describe: "how long stopping may take to let subscribers go",
      })
      .example("max demo", "a market at http://localhost:8000")
      .example("max demo --seed 7 --speed 10", "another market, ten times as fast")
      .example("max demo --port 0 --clock manual", "a frozen market on a free port"),
  handler: demo,
};

const signalEchoNs = 300_000_000n;

async function start(flags: DemoFlags) {
  try {
    return await startMax({
      port: parsePort(flags.port),
      host: flags.host,
      seed: flags.seed,
      scenario: loadScenario(flags.scenario),
      startMs: parseStart(flags.start, Date.now()),
      speed: parseSpeed(flags.speed),
      clock: flags.clock,
      ...parseTickMs(flags["tick-ms"]),
      store: flags.store,
      reset: flags.reset,
      catchUp: flags.start === "now" && flags.clock === "real",
      origin: flags.origin.length === 1 ? flags.origin[0] : flags.origin,
      drainMs: parseFlag("drain", flags.drain, parseDuration),
      token: process.env["MAX_TOKEN"] ?? loadToken(".max/token"),
      logger: createLogger("warn"),
    });
  } catch (error) {
    throw asCliError(error);
  }
}

async function demo(flags: DemoFlags): Promise<void> {
  const stopped = stopSignal();
  const max = await start(flags);
  const { scenario, seed } = max.simulation.world;
  process.stderr.write(`\n  A market is running (seed ${seed}, scenario ${scenario.name}).\n\n`);
  process.stderr.write(
    `  Console    ${max.url}/?token=${max.token}\n  Socket.IO  ${max.url}/socket.io/\n  REST       ${max.url}/api/sectors\n\n  Ctrl-C ends it.\n\n`,
  );
  if (flags.host !== "localhost" && !isLoopback(flags.host)) {
    process.stderr.write(
      `  Warning: ${flags.host} is reachable from other machines, and managing the market needs no token.\n\n`,
    );
  }
  // A parent process that launched this one is told where it listens.
  process.send?.({ url: max.url, token: max.token });
  await stopped;
  const stoppedNs = process.hrtime.bigint();
  // npm hands on a Ctrl-C that the terminal has sent to this process, too: the echo is no second one.
  const exitAtOnce = () => void (process.hrtime.bigint() - stoppedNs > signalEchoNs && process.exit(exitCodes.pass));
  process.on("SIGINT", exitAtOnce);
  process.on("SIGTERM", exitAtOnce);
  await max.close();
  process.exit(exitCodes.pass);
}

/** Resolves at the first SIGINT or SIGTERM, or when the launching parent is gone. */
async function stopSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
    process.once("disconnect", () => resolve());
  });
}
