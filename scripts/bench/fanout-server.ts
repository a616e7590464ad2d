/**
 * A server of the fan-out benchmark: ours, stock Socket.IO, or plain ws with the frames of a tick in one shared buffer.
 * All three send the same bytes.
 */
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import type { Duplex } from "node:stream";
import { Server } from "socket.io";
import { WebSocketServer } from "ws";
import { encodeTextFrames } from "../../loadtest/core/frames.js";
import { type ServerPorts, type Span, TickLoop, type TickRun, listen } from "./tick-loop.js";

/** Ours, stock Socket.IO, and plain ws. */
export type ServerKind = "max" | "stock" | "ws";

export interface FanoutServer {
  readonly kind: ServerKind;
  /** The folder of the build that ours is of. @default this one */
  readonly build?: string;
  /** Whether it compresses for its subscribers, who then all offer it. @default they offer nothing */
  readonly compression?: "on" | "off";
}

const startMs = Date.parse("2025-01-15T10:30:00.000Z");
const tickMs = 250;
/** Longer than any run, so that no heartbeat falls into one. */
const pingIntervalMs = 3_600_000;
/** Writes that may be in flight, and at least this many ticks. */
const writesInFlight = 4_000;
const ticksInFlight = 2;

interface BenchEvent {
  readonly event: "market:update" | "sector:candle_update";
  readonly payload: Record<string, unknown> & { readonly sectorId: string };
}

function eventsOf(tick: number, count: number): BenchEvent[] {
  const timestamp = new Date(startMs + tick * tickMs).toISOString();
  return Array.from({ length: count }, (_, index) => {
    const value = 1_000 + ((tick * 7 + index * 13) % 50_000) / 100;
    const sectorId = `sector-${String(index % 11).padStart(3, "0")}`;
    if (index % 2 === 0) return { event: "market:update", payload: { sectorId, value, timestamp } };
    const candle = { timestamp, value, open: 1_000, high: 1_500, low: 1_000, close: value };
    return { event: "sector:candle_update", payload: { sectorId, candle } };
  });
}

type Broadcast = (events: readonly BenchEvent[]) => void;

const realtimeEntry = "../../server/realtime/index.js";
const httpServer = createServer();
const loop = new TickLoop();

async function startMax({ build, compression }: FanoutServer): Promise<Broadcast> {
  const entry = build === undefined ? realtimeEntry : pathToFileURL(`${build}/dist/server/realtime/index.js`).href;
  const { createRealtime } = (await import(entry)) as typeof import("../../server/realtime/index.js");
  const realtime = createRealtime({
    httpServer,
    nowMs: () => startMs,
    limits: { pingIntervalMs },
    ...(compression && { compression }),
  });
  realtime.attach();
  return (events) =>
    realtime.batch(() => {
      for (const { event, payload } of events) {
        if (event === "market:update") realtime.broadcastMarketUpdate(payload);
        else realtime.broadcastSectorCandleUpdate(payload as never);
      }
    });
}

function startStock({ compression }: FanoutServer): Broadcast {
  // By default it leaves messages below 1 KiB as they are: all of ours.
  const perMessageDeflate = compression === "on" && { threshold: 0 };
  const io = new Server(httpServer, { pingInterval: pingIntervalMs, perMessageDeflate });
  return (events) => {
    for (const { event, payload } of events) io.emit(event, payload);
  };
}

function startPlainWebSocket(): Broadcast {
  const server = new WebSocketServer({ server: httpServer, perMessageDeflate: false });
  const sockets = new Set<Duplex>();
  server.on("connection", (_webSocket, request) => {
    sockets.add(request.socket);
    request.socket.once("close", () => sockets.delete(request.socket));
  });
  return (events) => {
    const { bytes } = encodeTextFrames(events.map(({ event, payload }) => JSON.stringify([event, payload])));
    for (const socket of sockets) socket.write(bytes);
  };
}

const starters: Record<ServerKind, (server: FanoutServer) => Broadcast | Promise<Broadcast>> = {
  max: startMax,
  stock: startStock,
  ws: startPlainWebSocket,
};
let broadcast: Broadcast;

interface RunOptions extends Span {
  readonly subscribers: number;
  readonly eventsPerTick: number;
}

export const handlers = {
  async start(server: FanoutServer): Promise<ServerPorts> {
    broadcast = await starters[server.kind](server);
    return { server: await listen(httpServer), control: await loop.listen() };
  },

  run({ subscribers, eventsPerTick, ...span }: RunOptions): Promise<TickRun> {
    const inFlightMax = Math.max(ticksInFlight, Math.floor(writesInFlight / subscribers));
    return loop.run((tick) => broadcast(eventsOf(tick, eventsPerTick)), inFlightMax, span);
  },

  /** Bytes that the process holds, garbage collected; `heap` is the JavaScript heap and buffers. */
  memory(): { readonly resident: number; readonly heap: number } {
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    return { resident: rss, heap: heapUsed + external };
  },
};
