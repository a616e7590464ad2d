/**
 * Puts the parts of the realtime room together.
 *
 * Invariant: no module-level state, so several servers live in one process. Nothing is sent to anyone but
 * the four events, each with exactly one argument.
 */
import { type Namespace, Server, type ServerOptions } from "socket.io";
import type { ContractEvent, EventName, EventPayloads } from "../../schemas/index.js";
import { silentLogger } from "../core/logger.js";
import { Admission } from "./admission.js";
import { countBadRequests } from "./bad-requests.js";
import { createBeforeHandshake } from "./before-handshake.js";
import { type BatchAdapter, createBatchAdapter } from "./batch-adapter.js";
import { type Broadcaster, createBroadcaster } from "./broadcaster.js";
import { Connections } from "./connections.js";
import { createCors } from "../http/cors.js";
import { CounterSet, type RealtimeCounters } from "./counters.js";
import { drainConnections } from "./drain.js";
import { Fanout } from "./fanout.js";
import { type HandshakeFailure, failureReason } from "./inbound.js";
import { type RealtimeLimits, realtimeLimitDefaults } from "./limits.js";
import { type RealtimeOptions, realtimeRules } from "./options.js";
import { RealtimeOptionError } from "./errors.js";
import { checkOptions } from "../../schemas/option-table.js";
import { type AllowedOrigins, parseOrigins } from "./origins.js";
import { RecoveryLog, recoveryDefaults } from "./recovery-log.js";
import { slowSubscriberDefaults } from "./slow-policy.js";
import { BackpressureMonitor } from "./backpressure-monitor.js";
import { createWebSocketEngine } from "./subscriber-socket.js";
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
  /** Takes no new handshakes and closes the connections within `drainMs`; the HTTP server stays open. */
  close(drainMs: number): Promise<void>;
}

/** Everything that the parts of one room share. */
interface Room {
  readonly io: RealtimeServer;
  readonly namespace: Namespace;
  readonly origins: AllowedOrigins;
  readonly limits: RealtimeLimits;
  readonly counters: CounterSet;
  readonly admission: Admission;
  readonly fanout: Fanout;
  readonly watch: BackpressureMonitor;
  readonly connections: Connections;
}

/**
 * Makes a realtime room; it answers from `attach` on.
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
  const room = createRoom(options);
  const { io, counters, connections, fanout, watch } = room;
  const { nowMs, authorName = () => undefined } = options;
  const send = createSend(room, isBatched(options));
  const batch = (broadcasts: () => void): void => fanout.batch(broadcasts);
  const publish = (events: readonly ContractEvent[]): void => batch(() => events.forEach(send));
  let closing: Promise<void> | undefined;
  return {
    ...createBroadcaster({ publish, batch }, { nowMs, authorName }),
    io,
    get counters() {
      return counters.read({ connections: connections.byTransport(), slow: watch.slow.size });
    },
    attach: () => attach(room, options),
    clientsCount: () => connections.count,
    refuseHandshakes: () => void (room.admission.isDraining = true),
    close: (drainMs) => (closing ??= close(room, drainMs)),
  };
}

function isBatched({ fanout = "batched" }: RealtimeOptions): boolean {
  return fanout === "batched";
}

function createRoom(options: RealtimeOptions): Room {
  const { logger = silentLogger, recovery = false } = options;
  const limits = { ...realtimeLimitDefaults, ...options.limits };
  const policy = { ...slowSubscriberDefaults, ...options.slow };
  const origins = parseOrigins(options.origin ?? "*");
  const counters = new CounterSet();
  const exemptsLoopback = options.limits?.connectionsPerPeerMax === undefined;
  const admission = new Admission({ limits, exemptsLoopback, origins, refused: counters.handshakesRefused });
  const fanout = new Fanout(counters);
  const watch = new BackpressureMonitor({ policy, counters, logger, mayConflate: !recovery });
  const inbound = { perSecondMax: limits.inboundPacketsPerSecondMax, burstMax: limits.inboundPacketsBurstMax };
  const connections = new Connections({ admission, counters, fanout, watch, inbound });
  const createRecoveryLog = () => new RecoveryLog({ ...recoveryDefaults, nowMs: monotonicMs });
  const adapter = createBatchAdapter({
    fanout,
    subscriberOf: (socket) => connections.subscriberOf(socket),
    reportMissing: (member) => watch.reportMissing(member),
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
  return { io, namespace, origins, limits, counters, admission, fanout, watch, connections };
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
function createSend({ namespace, counters }: Room, batched: boolean): (event: ContractEvent) => void {
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

function attach({ io, origins, limits, counters, connections, watch }: Room, { httpServer }: RealtimeOptions): void {
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
  watch.start();
}

async function close({ io, namespace, admission, fanout, watch, connections }: Room, budgetMs: number): Promise<void> {
  admission.isDraining = true;
  fanout.flush();
  await drainConnections({ connections: () => connections.all(), budgetMs, random: Math.random });
  watch.stop();
  await namespace.adapter.close();
  // Before `attach` there is no engine, whatever its type says.
  (io.engine as RealtimeServer["engine"] | undefined)?.close();
}
