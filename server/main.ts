/**
 * Puts the server together: world, store, realtime, API and pages on one port. The library's entry.
 *
 * Several servers live in one process: there is no module-level state anywhere below.
 */
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Scenario, parseDuration } from "../schemas/index.js";
import { type Broadcaster, SIMULATOR_VERSION, createManualClock, defaultScenarioName } from "../simulator/index.js";
import { createApi } from "./api/index.js";
import { realClock } from "./real-clock.js";
import { listen, urlOf } from "./listen.js";
import { type Logger, silentLogger } from "./logger.js";
import { createMetrics } from "./metrics.js";
import { createPages } from "./pages.js";
import { createRealtime, isAllowedHost, limitHttpServer } from "./realtime/index.js";
import { type SimulationHost, createSimulation } from "./simulation.js";
import { resolveScenario } from "./resolve-scenario.js";
import { StartError } from "./start-error.js";
import { openStore } from "./store/open-store.js";
import { createToken } from "./token.js";
import { version } from "./package-root.js";

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
  /** Simulated seconds a second. @default 1 */
  readonly speed?: number;
  /** With "manual" nothing moves until `advance`. @default "real" */
  readonly clock?: "real" | "manual";
  /** Where history is kept: a file, `:memory:` or `postgres://...`. @default ":memory:" */
  readonly store?: string;
  /** Deletes what the store holds, whatever world it is of. @default false */
  readonly reset?: boolean;
  /** Whether a restart runs silently through the time it missed, where that is less than a day. @default false */
  readonly catchUp?: boolean;
  /** Origins that browsers may connect from. @default "*" */
  readonly origin?: string | readonly string[];
  /** The control token. @default a fresh one */
  readonly token?: string;
  /** How long closing may take to let subscribers go, milliseconds. @default 1500 */
  readonly drainMs?: number;
  /** @default none */
  readonly logger?: Logger;
}

/** A running server. */
export interface Max {
  readonly url: string;
  readonly token: string;
  /** With a manual clock: moves simulated time on, tick by tick, and broadcasts. A duration such as "1m", or milliseconds. */
  advance(duration: string | number): void;
  /** The four documented broadcast functions, and `batch`. */
  readonly realtime: Broadcaster;
  readonly simulation: SimulationHost;
  /** Connections at this moment. */
  subscribers(): number;
  /** Lets subscribers go within the drain budget, then closes everything. */
  close(): Promise<void>;
}

/** Beyond this, running through the missed time would take longer than anybody waits. */
const catchUpMsMax = 24 * 3_600_000;

/** Brings a market that was stopped up to the clock, silently, and plays on. */
async function catchUp(simulation: SimulationHost, logger: Logger): Promise<void> {
  const { nowMs, tick, tickMs } = simulation.world;
  const missedMs = Date.now() - nowMs;
  if (missedMs > catchUpMsMax) {
    logger.warn(
      { missedMs },
      "more than a day was missed: the market goes on from where it stopped; --reset starts it at the present",
    );
  } else if (missedMs >= tickMs) {
    await simulation.seek(tick + Math.floor(missedMs / tickMs));
  }
  simulation.play();
}

/**
 * Starts a server.
 *
 * @throws {StartError} when the port is taken or an option cannot be used
 * @example
 * const max = await startMax({ port: 0, seed: "42", clock: "manual", store: ":memory:" });
 * max.advance("1m");
 * await max.close();
 */
export async function startMax(options: StartOptions = {}): Promise<Max> {
  const { port = 8000 } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StartError(
      "badOption",
      `port: ${JSON.stringify(port)} is not a port; it takes 0 to 65535, and 0 means any free one.`,
    );
  }
  const scenario = resolveScenario(options.scenario ?? defaultScenarioName);
  const logger = options.logger ?? silentLogger;
  const token = options.token ?? createToken();
  const { seed = "42", host = "127.0.0.1", origin = "*" } = options;
  const drainMs = options.drainMs ?? 1500;
  const manual = options.clock === "manual" ? createManualClock() : undefined;
  let isDraining = false;
  let address: AddressInfo | undefined;

  const store = await openStore({
    url: options.store ?? ":memory:",
    seed,
    scenario: scenario.name,
    simulatorVersion: SIMULATOR_VERSION,
    reset: options.reset ?? false,
    logger,
  });
  const httpServer = createServer();
  limitHttpServer(httpServer);
  const realtime = createRealtime({
    httpServer,
    nowMs: () => simulation.world.nowMs,
    authorName: (id) => simulation.world.agent(id)?.name,
    origin,
    logger,
  });
  const simulation = createSimulation({
    world: {
      seed,
      scenario,
      ...(options.startMs !== undefined && { startMs: options.startMs }),
      ...(options.tickMs !== undefined && { tickMs: options.tickMs }),
    },
    clock: manual?.clock ?? realClock,
    speed: options.speed ?? 1,
    broadcaster: realtime,
    store,
    resume: await store.loadResume(),
    hash: (text) => createHash("sha256").update(text).digest("hex"),
    observeTick: (timing) => metrics.observeTick(timing),
  });
  const metrics = createMetrics(realtime, () => simulation);
  const api = createApi({
    host: simulation,
    store,
    version,
    token,
    isDraining: () => isDraining,
    origin,
    allowedHost: (header) => isAllowedHost(header, address?.address),
    metrics: () => metrics.text(),
    pages: createPages(),
    logger,
  });
  const handle = api.callback();
  httpServer.on("request", (request, response) => void handle(request, response));
  // Engine.IO answers its own path on the same server, and must be asked first.
  realtime.attach();

  try {
    address = await listen(httpServer, port, host);
  } catch (error) {
    await realtime.close(0);
    await store.close();
    throw error;
  }
  if (options.catchUp === true) void catchUp(simulation, logger);
  else simulation.play();

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    isDraining = true;
    await simulation.stop();
    httpServer.close();
    await realtime.close(drainMs);
    httpServer.closeAllConnections();
    await store.close();
    metrics.stop();
  }

  return {
    url: urlOf(address),
    token,
    advance(duration) {
      if (manual === undefined) throw new StartError("badOption", 'advance() needs startMax({ clock: "manual" }).');
      simulation.play();
      manual.advance(typeof duration === "number" ? duration : parseDuration(duration));
    },
    realtime,
    simulation,
    subscribers: () => realtime.clientsCount(),
    close: () => (closing ??= close()),
  };
}

export { StartError, type StartErrorCode } from "./start-error.js";
