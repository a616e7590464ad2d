/**
 * Puts the parts of the realtime server together.
 *
 * Invariant: no module-level state, so several servers live in one process. Nothing is sent to anyone but
 * the four events, each with exactly one argument.
 */
import { type Namespace, Server, type ServerOptions } from "socket.io";
import type { ContractEvent, EventName, EventPayloads } from "../../schemas/index.js";
import { silentLogger } from "../core/logger.js";
import { Admission, type AllowedOrigins, parseOrigins } from "./admission.js";
import { BackpressureMonitor } from "./backpressure.js";
import { type BatchAdapter, createBatchAdapter } from "./batch-adapter.js";
import { type Broadcaster, createBroadcaster } from "./broadcaster.js";
import { Connections } from "./connections.js";
import { connectionAddress } from "../http/client-addresses.js";
import { createCors } from "../http/cors.js";
import { CounterSet, type RealtimeCounters } from "./counters.js";
import { drainConnections } from "./drain.js";
import { Fanout } from "./fanout.js";
import { countBadRequests, createBeforeHandshake, createFailureCount } from "./handshake.js";
import {
  type RealtimeLimits,
  type RealtimeOptions,
  compressionKeyMsDefault,
  realtimeLimitDefaults,
  realtimeRules,
} from "./options.js";
import { RealtimeOptionError } from "./errors.js";
import { checkOptions } from "../../schemas/option-table.js";
import { Recovery, createLocalSource } from "./recovery.js";
import { RecoveryLog, offsetOf, recoveryLogDefaults } from "./recovery-log.js";
import { SharedDeflate } from "./shared-deflate.js";
import { slowSubscriberDefaults } from "./slow-policy.js";
import { createWebSocketEngine } from "./subscriber-socket.js";
import { type WirePacket, encodeBatch } from "./wire-batch.js";
import { createMissingReport, setPrivateId } from "./internals.js";
import { ResponsiveClock } from "../core/responsive-clock.js";
import { monotonicMs } from "../core/timers.js";

/** What the server sends: the documented events and nothing else. */
type ServerEvents = { [Name in EventName]: (payload: EventPayloads[Name]) => void };
/** What clients may send: connecting and disconnecting only. */
type ClientEvents = Record<string, never>;

type RealtimeServer = Server<ClientEvents, ServerEvents>;

export interface Realtime extends Broadcaster {
  readonly io: RealtimeServer;
  /** As `publish`, under the name that the ordered log has for it. */
  publishAs(events: readonly ContractEvent[], name: string): void;
  /** Under this name something was broadcast before this process was there. */
  noteBroadcast(name: string): void;
  /** What has been counted up to now. */
  readonly counters: RealtimeCounters;
  /** Begins to answer on the HTTP server. Call it once, after the server has its own request listener. */
  attach(): void;
  /** Connections at this moment, over any transport. */
  clientsCount(): number;
  /** From now on nobody new is let in; those who are there stay. */
  refuseHandshakes(): void;
  /** Nobody new is let in any more. */
  readonly isDraining: boolean;
  /** Closes the connections within `drainMs` and lets nobody in, until `resume`. */
  suspend(drainMs: number): Promise<void>;
  resume(): void;
  /** Takes no new handshakes and closes the connections within `drainMs`; the HTTP server stays open. */
  close(drainMs: number): Promise<void>;
}

/** The parts of one realtime server. */
interface Parts {
  readonly io: RealtimeServer;
  readonly namespace: Namespace;
  readonly origins: AllowedOrigins;
  readonly limits: RealtimeLimits;
  readonly counters: CounterSet;
  readonly admission: Admission;
  readonly fanout: Fanout;
  readonly backpressure: BackpressureMonitor;
  readonly connections: Connections;
  /** There when connection state recovery is on; with the stock fan-out it is left to Socket.IO. */
  readonly recovery: Recovery | undefined;
}

/**
 * Makes a realtime server; it answers from `attach` on.
 *
 * @throws {RealtimeOptionError} for an option that cannot be used
 * @example
 * const realtime = createRealtime({ httpServer, nowMs: Date.now });
 * realtime.attach();
 * realtime.batch(() => {
 *   realtime.broadcastMarketUpdate({ sectorId: "tech-001", value: 1250.5 });
 *   realtime.broadcastMarketUpdate({ indexValue: 15234.67 });
 * });
 */
export function createRealtime(given: RealtimeOptions): Realtime {
  const options = checkOptions(
    "createRealtime()",
    realtimeRules,
    given,
    ({ option, message }) => new RealtimeOptionError(message, option),
  );
  if (options.httpServer === undefined) throw new RealtimeOptionError("Missing httpServer.", "httpServer");
  if (options.nowMs === undefined) throw new RealtimeOptionError("Missing nowMs.", "nowMs");
  const parts = createParts(options);
  const { io, counters, connections, fanout, backpressure, recovery } = parts;
  const { nowMs, authorName = () => undefined } = options;
  const publishAs = createPublishAs(parts, isBatched(options));
  const batch = (broadcasts: () => void): void => fanout.batch(broadcasts);
  let published = 0;
  const publish = (events: readonly ContractEvent[]): void => publishAs(events, `m0.${(published += 1)}`);
  let closing: Promise<void> | undefined;
  return {
    ...createBroadcaster({ publish, batch }, { nowMs, authorName }),
    io,
    publishAs,
    noteBroadcast: (name) => recovery?.append(name, undefined),
    get counters() {
      const compression = connections.byCompression();
      return counters.read({ connections: connections.byTransport(), compression, slow: backpressure.slowCount });
    },
    attach: () => attach(parts, options),
    clientsCount: () => connections.count,
    get isDraining() {
      return parts.admission.isDraining;
    },
    refuseHandshakes: () => void (parts.admission.isDraining = true),
    suspend: (drainMs) => suspend(parts, drainMs),
    resume: () => void (parts.admission.isSuspended = false),
    close: (drainMs) => (closing ??= close(parts, drainMs)),
  };
}

function isBatched({ fanout = "batched" }: RealtimeOptions): boolean {
  return fanout === "batched";
}

function createParts(options: RealtimeOptions): Parts {
  const { logger = silentLogger, clientAddress: addressOf = connectionAddress } = options;
  const limits = { ...realtimeLimitDefaults, ...options.limits };
  const policy = { ...slowSubscriberDefaults, ...options.slow };
  const origins = parseOrigins(options.origin ?? "*");
  const counters = new CounterSet();
  const exemptsLoopback = options.limits?.connectionsPerPeerMax === undefined;
  const admission = new Admission({
    limits,
    exemptsLoopback,
    addressOf,
    origins,
    refused: counters.handshakesRefused,
  });
  const clock = new ResponsiveClock();
  const reportMissing = createMissingReport(logger);
  const backpressure = new BackpressureMonitor({ clock, counters, logger });
  const deflate = createSharedDeflate(options, reportMissing);
  const fanout = new Fanout(counters, backpressure, deflate);
  const inbound = { perSecondMax: limits.inboundPacketsPerSecondMax, burstMax: limits.inboundPacketsBurstMax };
  const connections = new Connections({
    admission,
    addressOf,
    counters,
    fanout,
    backpressure,
    inbound,
    context: { policy, counters, clock, reportMissing, deflate, mayConflate: options.recovery !== true },
  });
  const recovery = isBatched(options) ? createRecovery(options, counters, policy.hardBacklogBytesMax) : undefined;
  const adapter = createBatchAdapter({
    fanout,
    subscriberOf: (socket) => connections.subscriberOf(socket),
    reportMissing,
    recovery,
  });
  const io: RealtimeServer = new Server({
    ...serverOptions(options, limits),
    allowRequest: admission.allowRequest,
    wsEngine: createWebSocketEngine({
      pings: inbound,
      onPingFlood: () => counters.inboundRefused.add("pingFlood"),
      onRefused: () => counters.handshakesRefused.add("webSocket"),
      inflate: deflate === undefined ? null : createInflateLimits(limits, counters),
    }),
    ...(isBatched(options) && { adapter }),
  });
  const namespace = io.of("/") as Namespace;
  if (isBatched(options)) namespace.use(connections.joinOnce);
  const parts = { io, namespace, origins, limits, counters, admission, fanout, backpressure, connections, recovery };
  if (recovery !== undefined) recoverClients(parts, recovery);
  return parts;
}

/** Not with the stock fan-out: it hands out events one by one, each encoded for one subscriber. */
function createSharedDeflate(options: RealtimeOptions, reportMissing: (member: string) => void) {
  const { compression = "on", compressionKeyMs: keyIntervalMs = compressionKeyMsDefault } = options;
  if (compression === "off" || !isBatched(options)) return undefined;
  return new SharedDeflate({ keyIntervalMs, reportMissing });
}

function createInflateLimits({ inboundBytesMax: bytesMax }: RealtimeLimits, { inboundRefused }: CounterSet) {
  return { bytesMax, onRefused: (reason: string) => inboundRefused.add(reason) };
}

function createRecovery(
  { recovery = false, recoverySource: source = createLocalSource(), logger = silentLogger }: RealtimeOptions,
  counters: CounterSet,
  missedBytesMax: number,
): Recovery | undefined {
  if (!recovery) return undefined;
  const { breakMsMax } = recoveryLogDefaults;
  const log = new RecoveryLog({ ...recoveryLogDefaults, nowMs: monotonicMs });
  return new Recovery({ log, source, counters, logger, missedBytesMax, breakMsMax });
}

/** Who joins gets an id to come back with; who has come back gets what it missed. */
function recoverClients({ namespace, connections, counters }: Parts, recovery: Recovery): void {
  namespace.use((socket, next) => {
    if (!socket.recovered) setPrivateId(socket, recovery.identify(socket));
    next();
  });
  namespace.on("connection", (socket) => {
    const missed = recovery.missedBy(socket);
    if (missed === undefined) return;
    counters.recovered += 1;
    if (missed.length === 0) return;
    connections.subscriberOf(socket)?.writer.sendBatch(encodeBatch(missed));
    for (const { event } of missed) counters.deliveries.add(event);
  });
}

function serverOptions({ path, recovery }: RealtimeOptions, limits: RealtimeLimits): Partial<ServerOptions> {
  return {
    path: path ?? "/socket.io/",
    // The package's bundles do not have the files of Socket.IO's client: asked for one, Socket.IO would throw.
    serveClient: false,
    perMessageDeflate: false,
    // A deflate stream for each poll of each tick costs more than all the rest.
    httpCompression: false,
    maxHttpBufferSize: limits.inboundBytesMax,
    connectTimeout: limits.handshakeMsMax,
    upgradeTimeout: limits.handshakeMsMax,
    pingInterval: limits.pingIntervalMs,
    pingTimeout: limits.pingTimeoutMs,
    ...(recovery === true && {
      connectionStateRecovery: {
        maxDisconnectionDuration: recoveryLogDefaults.breakMsMax,
        // By default a client that comes back passes by `joinOnce`, and could join twice.
        skipMiddlewares: false,
      },
    }),
  };
}

/** The way of every event to everybody: gathered into batches, or left to Socket.IO, which encodes it itself. */
function createPublishAs({ namespace, counters, fanout, recovery }: Parts, batched: boolean): Realtime["publishAs"] {
  function sendStock({ event, payload }: ContractEvent): void {
    counters.events.add(event);
    counters.deliveries.add(event, namespace.sockets.size);
    namespace.emit(event, payload);
  }
  function send(event: ContractEvent, offset?: string): WirePacket {
    counters.events.add(event.event);
    return (namespace.adapter as BatchAdapter).publish(event, offset);
  }
  return (events, name) =>
    fanout.batch(() => {
      if (recovery !== undefined)
        recovery.append(
          name,
          events.map((event, at) => send(event, offsetOf(name, at))),
        );
      else if (batched) for (const event of events) send(event);
      else events.forEach(sendStock);
    });
}

function attach(
  { io, origins, limits, counters, connections, backpressure }: Parts,
  { httpServer, logger = silentLogger }: RealtimeOptions,
): void {
  io.attach(httpServer);
  countBadRequests(httpServer, counters.inboundRefused);
  const setCors = createCors({ origin: origins, methods: ["GET", "POST"] });
  const { inboundRefused: refused } = counters;
  io.engine.use(createBeforeHandshake({ setCors, bodyBytesMax: limits.inboundBytesMax, refused }));
  io.engine.on("connection", connections.follow);
  io.engine.on("connection_error", createFailureCount(counters.handshakesRefused, logger));
  backpressure.start();
}

async function suspend({ admission, fanout, connections }: Parts, budgetMs: number): Promise<void> {
  admission.isSuspended = true;
  fanout.flush();
  // Who comes after `resume` stays.
  const present = new Set(connections.all());
  await drainConnections({
    connections: () => connections.all().filter((conn) => present.has(conn)),
    budgetMs,
    random: Math.random,
  });
}

async function close(
  { io, namespace, admission, fanout, backpressure, connections }: Parts,
  budgetMs: number,
): Promise<void> {
  admission.isDraining = true;
  fanout.flush();
  await drainConnections({ connections: () => connections.all(), budgetMs, random: Math.random });
  backpressure.stop();
  await namespace.adapter.close();
  // Before `attach` there is no engine, whatever its type says.
  (io.engine as RealtimeServer["engine"] | undefined)?.close();
}
