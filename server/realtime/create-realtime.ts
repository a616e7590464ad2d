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
import { createCors } from "../http/cors.js";
import { CounterSet, type RealtimeCounters } from "./counters.js";
import { drainConnections } from "./drain.js";
import { Fanout } from "./fanout.js";
import { type HandshakeFailure, countBadRequests, createBeforeHandshake, failureReason } from "./handshake.js";
import { type RealtimeLimits, type RealtimeOptions, realtimeLimitDefaults, realtimeRules } from "./options.js";
import { RealtimeOptionError } from "./errors.js";
import { checkOptions } from "../../schemas/option-table.js";
import { RecoveryLog, recoveryDefaults } from "./recovery-log.js";
import { slowSubscriberDefaults } from "./slow-policy.js";
import { createWebSocketEngine } from "./subscriber-socket.js";
import { createMissingReport } from "./internals.js";
import { ResponsiveClock } from "../core/responsive-clock.js";
import { monotonicMs } from "../core/timers.js";

/** What the server sends: the documented events and nothing else. */
type ServerEvents = { [Name in EventName]: (payload: EventPayloads[Name]) => void };
/** What clients may send: connecting and disconnecting only. */
type ClientEvents = Record<string, never>;

type RealtimeServer = Server<ClientEvents, ServerEvents>;

export interface Realtime extends Broadcaster {
  readonly io: RealtimeServer;
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
  const { io, counters, connections, fanout, backpressure } = parts;
  const { nowMs, authorName = () => undefined } = options;
  const send = createSend(parts, isBatched(options));
  const batch = (broadcasts: () => void): void => fanout.batch(broadcasts);
  const publish = (events: readonly ContractEvent[]): void => batch(() => events.forEach(send));
  let closing: Promise<void> | undefined;
  return {
    ...createBroadcaster({ publish, batch }, { nowMs, authorName }),
    io,
    get counters() {
      return counters.read({ connections: connections.byTransport(), slow: backpressure.slowCount });
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
  const { logger = silentLogger, recovery = false } = options;
  const limits = { ...realtimeLimitDefaults, ...options.limits };
  const policy = { ...slowSubscriberDefaults, ...options.slow };
  const origins = parseOrigins(options.origin ?? "*");
  const counters = new CounterSet();
  const exemptsLoopback = options.limits?.connectionsPerPeerMax === undefined;
  const admission = new Admission({ limits, exemptsLoopback, origins, refused: counters.handshakesRefused });
  const clock = new ResponsiveClock();
  const reportMissing = createMissingReport(logger);
  const backpressure = new BackpressureMonitor({ clock, counters, logger });
  const fanout = new Fanout(counters, backpressure);
  const inbound = { perSecondMax: limits.inboundPacketsPerSecondMax, burstMax: limits.inboundPacketsBurstMax };
  const connections = new Connections({
    admission,
    counters,
    fanout,
    backpressure,
    inbound,
    context: { policy, counters, clock, reportMissing, mayConflate: !recovery },
  });
  const createRecoveryLog = () => new RecoveryLog({ ...recoveryDefaults, nowMs: monotonicMs });
  const adapter = createBatchAdapter({
    fanout,
    subscriberOf: (socket) => connections.subscriberOf(socket),
    reportMissing,
    ...(recovery && { createRecoveryLog }),
  });
  const io: RealtimeServer = new Server({
    ...serverOptions(options, limits),
    allowRequest: admission.allowRequest,
    wsEngine: createWebSocketEngine({ pings: inbound, onPingFlood: () => counters.inboundRefused.add("pingFlood") }),
    ...(isBatched(options) && { adapter }),
  });
  const namespace = io.of("/") as Namespace;
  if (isBatched(options)) namespace.use(connections.joinOnce);
  return { io, namespace, origins, limits, counters, admission, fanout, backpressure, connections };
}

function serverOptions({ path, recovery }: RealtimeOptions, limits: RealtimeLimits): Partial<ServerOptions> {
  return {
    path: path ?? "/socket.io/",
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
        maxDisconnectionDuration: recoveryDefaults.breakMsMax,
        // By default a client that comes back passes by `joinOnce`, and could join twice.
        skipMiddlewares: false,
      },
    }),
  };
}

/** The way of every event to everybody: gathered into batches, or left to Socket.IO, which encodes it itself. */
function createSend({ namespace, counters }: Parts, batched: boolean): (event: ContractEvent) => void {
  return (event) => {
    counters.events.add(event.event);
    if (batched) {
      (namespace.adapter as BatchAdapter).publish(event);
    } else {
      counters.deliveries.add(event.event, namespace.sockets.size);
      namespace.emit(event.event, event.payload);
    }
  };
}

function attach(
  { io, origins, limits, counters, connections, backpressure }: Parts,
  { httpServer }: RealtimeOptions,
): void {
  io.attach(httpServer);
  countBadRequests(httpServer, counters.inboundRefused);
  const setCors = createCors({ origin: origins, methods: ["GET", "POST"] });
  const { inboundRefused: refused } = counters;
  io.engine.use(createBeforeHandshake({ setCors, bodyBytesMax: limits.inboundBytesMax, refused }));
  io.engine.on("connection", connections.follow);
  io.engine.on("connection_error", (failure: HandshakeFailure) => {
    const reason = failureReason(failure);
    if (reason !== null) counters.handshakesRefused.add(reason);
  });
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
