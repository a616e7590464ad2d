/**
 * Puts the server together: world, store, realtime, API and pages on one port. The library's entry.
 *
 * Several servers can run in one process: all that they share is the metrics of the process (process-metrics.ts).
 */
import { hash } from "node:crypto";
import { type Server, createServer } from "node:http";
import { SIMULATOR_VERSION, type World, type WorldOptions, digestScenario } from "../simulator/index.js";
import { createApi } from "./api/index.js";
import { ClientAddresses } from "./http/client-addresses.js";
import { createHostCheck } from "./http/hosts.js";
import { httpLimitDefaults, limitHttpServer } from "./http/http-limits.js";
import { IncomingRequest } from "./http/incoming-request.js";
import { listen, memberUrlOf, urlOf } from "./http/listen.js";
import { silentLogger } from "./core/logger.js";
import { type Metrics, createMetrics } from "./metrics/metrics.js";
import { createAdvance } from "./simulation/advance.js";
import { catchUp } from "./simulation/catch-up.js";
import { type ResumeOptions, resumeMarket } from "./simulation/resume-market.js";
import { warnAtEnd } from "./simulation/end-warning.js";
import type { Health } from "../schemas/index.js";
import { version } from "../schemas/package-root.js";
import { createPages } from "./http/pages.js";
import { realClock } from "./core/clock.js";
import {
  type Broadcaster,
  type PayloadDefaults,
  type Realtime,
  RealtimeOptionError,
  type RecoverySource,
  createOrderedBroadcaster,
  createRealtime,
  realtimeLimitDefaults,
} from "./realtime/index.js";
import type { FollowingSimulation, SimulationHost, SimulationOptions } from "./simulation/simulation-host.js";
import type { Membership } from "./cluster/membership.js";
import { createSimulation } from "./simulation/running-simulation.js";
import { StartError } from "./core/errors.js";
import { type CompleteOptions, type StartOptions, completeOptions } from "./start-options.js";
import { type OpenStoreOptions, openStore } from "./store/open-store.js";
import type { Store } from "./store/store.js";
import { type DigestedTimeline, resolveScenario } from "./simulation/timelines.js";
import { requireNode } from "./core/node-environment.js";
import { createToken } from "./core/token.js";
import { type Observers, openObservers } from "./telemetry/observers.js";
import { wallClockMs as ownWallClockMs } from "./core/timers.js";

/** A running server. */
export interface Max {
  readonly url: string;
  readonly token: string;
  /** Of /metrics on a port of its own, where the option metrics asks for it. */
  readonly metricsUrl: string | undefined;
  /** With a manual clock: moves simulated time on, tick by tick, and broadcasts. A duration such as "1m", or milliseconds. */
  advance(duration: string | number): void;
  /** The four documented broadcast functions, `batch` and `publish`. */
  readonly realtime: Broadcaster;
  readonly simulation: SimulationHost;
  /** Connections at this moment. */
  subscribers(): number;
  /** Closes subscribers within the drain budget, then everything else. */
  close(): Promise<void>;
}

/** What of the port's connections is left for the API and the pages when realtime has all of its own. */
const connectionsBesideRealtime = httpLimitDefaults.connectionsMax - realtimeLimitDefaults.connectionsMax;

/** The options with everything filled in that does not depend on the scenario. */
type ServerOptions = CompleteOptions &
  Required<Pick<StartOptions, "token" | "logger" | "wallClockMs">> & {
    /** Where requests come from. */
    readonly addresses: ClientAddresses;
  };

function createHttpServer({ limits, addresses }: ServerOptions): Server {
  const httpServer = createServer({ IncomingMessage: IncomingRequest });
  const { connectionsMax } = { ...realtimeLimitDefaults, ...limits };
  limitHttpServer(httpServer, { connectionsMax: connectionsMax > 0 ? connectionsMax + connectionsBesideRealtime : 0 });
  addresses.follow(httpServer);
  return httpServer;
}

/** What a broadcast lacks, the world has. */
function payloadDefaults(world: () => World): PayloadDefaults {
  return { nowMs: () => world().nowMs, authorName: (id) => world().agent(id)?.name };
}

interface RealtimeContext {
  readonly httpServer: Server;
  readonly membership: Membership | undefined;
  readonly simulation: () => FollowingSimulation;
}

async function openRealtime(
  options: ServerOptions,
  { httpServer, membership, simulation }: RealtimeContext,
): Promise<Realtime> {
  const { origin, fanout, compression, recovery, logger, limits, slow, addresses } = options;
  const regenerate: RecoverySource["regenerate"] = (name) => simulation().regenerate(name);
  try {
    return createRealtime({
      httpServer,
      ...payloadDefaults(() => simulation().world),
      origin,
      fanout,
      compression,
      recovery,
      logger,
      clientAddress: addresses.of,
      ...(membership && { recoverySource: { ...membership.recovery, regenerate } }),
      ...(limits && { limits }),
      ...(slow && { slow }),
    });
  } catch (cause) {
    await membership?.close();
    if (!(cause instanceof RealtimeOptionError)) throw cause;
    throw new StartError("badOption", cause.message, { cause, option: cause.option });
  }
}

function describeWorld({ seed, scenario, startMs, tickMs }: ServerOptions): WorldOptions {
  return {
    seed,
    scenario: resolveScenario(scenario),
    ...(startMs !== undefined && { startMs }),
    ...(tickMs !== undefined && { tickMs }),
  };
}

function describeStore(options: ServerOptions, { seed, scenario }: WorldOptions): OpenStoreOptions {
  const { wallClockMs, logger, retention } = options;
  return {
    url: options.store,
    seed,
    scenario: scenario.name,
    scenarioDigest: digestScenario(scenario, sha256),
    simulatorVersion: SIMULATOR_VERSION,
    wallClockMs,
    logger,
    ...(retention && { retention }),
  };
}

/** Loads what a cluster needs only for its members. */
async function joinCluster(options: ServerOptions, world: WorldOptions): Promise<Membership | undefined> {
  const { cluster, token, logger } = options;
  if (cluster === undefined) return undefined;
  const { Membership } = await import("./cluster/membership.js");
  return await Membership.join({ ...cluster, token, logger, store: describeStore(options, world) });
}

/** What of a simulation is its cluster's. */
function followCluster(
  membership: Membership,
  url: string,
): Pick<SimulationOptions, "bootId" | "clock" | "clockUncertaintyNs" | "createLog"> {
  const { timelineId: bootId, clock } = membership;
  return {
    bootId,
    clock,
    clockUncertaintyNs: () => clock.uncertaintyNs,
    createLog: (replica, position) => membership.createLog(replica, position, url),
  };
}

function sha256(text: string): string {
  return hash("sha256", text);
}

function describeResume({ catchUp: isWanted, cluster, tickMs, wallClockMs, logger }: ServerOptions): ResumeOptions {
  // The members of a cluster would not skip the same days.
  return { hash: sha256, isCaughtUp: isWanted && cluster === undefined, tickMs, wallClockMs, logger };
}

/** The parts of a server that answers. */
interface Parts {
  readonly world: WorldOptions;
  readonly membership: Membership | undefined;
  readonly httpServer: Server;
  readonly realtime: Realtime;
  readonly store: Store;
  readonly simulation: FollowingSimulation;
  readonly metrics: Metrics;
  readonly observers: Observers;
}

function broadcastFigures({ counters }: Realtime): NonNullable<Health["broadcasts"]> {
  const { bytesRaw, bytesOnWire, compression } = counters;
  const { shared = 0, waiting = 0, none = 0 } = compression;
  return { bytesRaw, bytesOnWire, connections: shared + waiting + none, compressed: shared };
}

/** Answers API and pages on the HTTP server, and realtime beside them. */
function attach(parts: Parts, options: ServerOptions): void {
  const { membership, httpServer, realtime, store, simulation, metrics, observers } = parts;
  const { token, origin, limits, logger, rateLimit, addresses } = options;
  const api = createApi({
    host: simulation,
    store,
    version,
    token,
    isDraining: () => realtime.isDraining,
    broadcasts: () => broadcastFigures(realtime),
    origin,
    allowedHost: createHostCheck(limits?.allowedHosts),
    metrics: () => metrics.text(),
    pages: createPages(),
    logger,
    clientAddress: addresses.of,
    ...(rateLimit && { rateLimit }),
    ...(membership && { cluster: membership }),
    ...(observers.trace && { trace: observers.trace }),
    ...(metrics.member && { requestObserver: metrics.member }),
  });
  const handle = api.callback();
  httpServer.on("request", (request, response) => void handle(request, response));
  // Engine.IO answers its own path on the same server, and must be asked first.
  realtime.attach();
}

/** Plays the market: at once, or where this member comes to lead and nobody plays it already. */
function begin(parts: Parts, options: ServerOptions): void {
  const { membership, realtime, store, simulation } = parts;
  function play(): void {
    simulation.play();
    if (options.catchUp) void catchUp(simulation, options.wallClockMs, options.logger);
  }
  if (membership === undefined) {
    play();
    return;
  }
  membership.start({
    follow: () => simulation.follow(),
    // They reconnect to another member.
    cutOff: () => void realtime.suspend(options.drainMs),
    rejoin: () => realtime.resume(),
    subscribers: () => realtime.clientsCount(),
    async reload() {
      const resumed = await resumeMarket(parts.world, store, describeResume(options));
      if (resumed !== null) simulation.reload(resumed);
    },
    lead(tick, isFirst) {
      simulation.lead(tick);
      if (isFirst) play();
    },
  });
}

/** What application code broadcasts through: in a cluster it takes its place in the order. */
function broadcasterOf({ membership, realtime, simulation }: Parts): Broadcaster {
  if (membership === undefined) return realtime;
  return createOrderedBroadcaster(
    (events) => membership.broadcast(events),
    payloadDefaults(() => simulation.world),
  );
}

async function close(parts: Parts, drainMs: number): Promise<void> {
  const { membership, httpServer, realtime, store, simulation, metrics } = parts;
  // At once: the simulation may have commands, or a seek, to end first.
  realtime.refuseHandshakes();
  await (membership === undefined ? simulation.stop() : membership.leave());
  httpServer.close();
  await realtime.close(drainMs);
  httpServer.closeAllConnections();
  await (membership ?? store).close();
  await parts.observers.close();
  metrics.stop();
}

/**
 * Starts a server.
 *
 * @throws {StartError} when the port is taken, an option cannot be used, or this is not Node.js as it is
 * @example
 * const max = await startMax({ port: 0, seed: "42", clock: "manual", store: ":memory:" });
 * max.advance("1m");
 * await max.close();
 */
export async function startMax(given: StartOptions = {}): Promise<Max> {
  requireNode();
  const {
    token = createToken(),
    logger = silentLogger,
    wallClockMs = ownWallClockMs,
    ...rest
  } = completeOptions(given);
  const addresses = new ClientAddresses(rest.trustProxy);
  const options: ServerOptions = { ...rest, token, logger, wallClockMs, addresses };
  const world = describeWorld(options);

  const membership = await joinCluster(options, world);
  const httpServer = createHttpServer(options);
  const realtime = await openRealtime(options, { httpServer, membership, simulation: () => simulation });
  const store = membership?.store ?? (await openStore({ ...describeStore(options, world), reset: options.reset }));
  let observers: Observers | undefined;
  /** What cannot begin leaves nothing behind: the store's thread would hold its file, and the process. */
  async function abortStartup(error: unknown): Promise<never> {
    httpServer.close();
    await observers?.close();
    await realtime.close(0);
    await (membership ?? store).close();
    throw error;
  }
  function create(resumed: DigestedTimeline | null): FollowingSimulation {
    return createSimulation({
      world,
      clock: options.clock === "manual" ? null : realClock,
      speed: options.speed,
      publish: realtime.publishAs,
      store,
      resumed,
      hash: sha256,
      observeTick(timing) {
        // What a member plays before it knows when it was due has no lateness.
        if (membership?.clock.isKnown !== false) metrics.observeTick(timing);
      },
      ...(membership && followCluster(membership, memberUrlOf(address))),
      ...(membership && options.recovery && { onEarlierBatch: realtime.noteBroadcast }),
    });
  }
  const resumed = await resumeMarket(world, store, describeResume(options)).catch(abortStartup);
  observers = await openObservers(options, () => metrics).catch(abortStartup);
  // Before a market begins, and with the option reset takes the place of the one in the store. From here on nothing
  // waits for anything, so no request can come before there is somebody to answer it.
  const address = await listen(httpServer, options.port, options.host).catch(abortStartup);
  const simulation = await Promise.resolve(resumed).then(create).catch(abortStartup);
  const metrics = createMetrics(realtime, () => simulation, membership);
  const parts: Parts = { world, membership, httpServer, realtime, store, simulation, metrics, observers };
  attach(parts, options);
  begin(parts, options);
  warnAtEnd(simulation, logger);

  let closing: Promise<void> | undefined;
  return {
    url: await urlOf(address),
    token,
    metricsUrl: observers.metricsUrl,
    advance: createAdvance(simulation, () => closing !== undefined),
    realtime: broadcasterOf(parts),
    simulation,
    subscribers: () => realtime.clientsCount(),
    close: () => (closing ??= close(parts, options.drainMs)),
  };
}

export { StartError, type StartErrorCode } from "./core/errors.js";
export type { StartOptions } from "./start-options.js";
export type { RateLimit } from "./api/rate-limit.js";
export type { RealtimeLimits, SlowSubscriberPolicy } from "./realtime/index.js";
export type { Retention } from "./store/pruning.js";
