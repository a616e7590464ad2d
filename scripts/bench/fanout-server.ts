/**
 * A server of the fan-out benchmark, in its own process: ours, stock Socket.IO, or plain ws with the frames
 * of a tick in one shared buffer.
 *
 * All three send the same bytes. A byte on the control connection says that a tick has reached its last
 * subscriber; as many ticks may be on their way as keep the server busy all the time.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, type Server as NetServer, createServer as createNetServer } from "node:net";
import type { Duplex } from "node:stream";
import { Server } from "socket.io";
import { WebSocketServer } from "ws";
import { createRealtime } from "../../server/realtime/index.js";
import type { RunCommand, RunReport, ServerCommand, ServerKind, ServerReport } from "./fanout-messages.js";

const startMs = Date.parse("2025-01-15T10:30:00.000Z");
const tickMs = 250;
/** Longer than any run, so that no heartbeat falls into one. */
const pingIntervalMs = 3_600_000;
/** Writes that may be on their way, and at least this many ticks. */
const writesOnTheWay = 4_000;
const ticksOnTheWay = 2;

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

const httpServer = createServer();

function startMax(): Broadcast {
  const realtime = createRealtime({ httpServer, nowMs: () => startMs, limits: { pingIntervalMs } });
  realtime.attach();
  return (events) =>
    realtime.batch(() => {
      for (const { event, payload } of events) {
        if (event === "market:update") realtime.broadcastMarketUpdate(payload);
        else realtime.broadcastSectorCandleUpdate(payload as never);
      }
    });
}

function startStock(): Broadcast {
  const io = new Server(httpServer, { pingInterval: pingIntervalMs });
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
    const frames = events.map(({ event, payload }) => textFrame(`42${JSON.stringify([event, payload])}`));
    const shared = Buffer.concat(frames);
    for (const socket of sockets) socket.write(shared);
  };
}

function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const header =
    payload.length < 126
      ? Buffer.from([0x81, payload.length])
      : Buffer.from([0x81, 126, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([header, payload]);
}

const starters: Record<ServerKind, () => Broadcast> = { max: startMax, stock: startStock, ws: startPlainWebSocket };

/** Broadcasts tick after tick; resolves when the last has arrived everywhere. */
function run(broadcast: Broadcast, control: NodeJS.EventEmitter, command: RunCommand): Promise<RunReport> {
  const { subscribers, eventsPerTick, durationMsMin, ticksMin } = command;
  const ticksOnTheWayMax = Math.max(ticksOnTheWay, Math.floor(writesOnTheWay / subscribers));
  return new Promise((resolve) => {
    const cpuBefore = process.cpuUsage();
    const startedMs = performance.now();
    let sent = 0;
    let arrived = 0;
    const isEnough = () => sent >= ticksMin && performance.now() - startedMs >= durationMsMin;
    function sendNext(): void {
      if (isEnough() || sent - arrived >= ticksOnTheWayMax) return;
      broadcast(eventsOf(sent, eventsPerTick));
      sent += 1;
      setImmediate(sendNext);
    }
    function onArrived(bytes: Buffer): void {
      arrived += bytes.length;
      if (arrived < sent || !isEnough()) return sendNext();
      control.off("data", onArrived);
      const { user, system } = process.cpuUsage(cpuBefore);
      resolve({ ticks: sent, wallMs: performance.now() - startedMs, cpuUs: user + system });
    }
    control.on("data", onArrived);
    sendNext();
  });
}

function report(message: ServerReport): void {
  process.send?.(message);
}

async function listen(server: NetServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const broadcast = starters[process.argv[2] as ServerKind]();
const controlServer = createNetServer();
const controlConnection = once(controlServer, "connection") as Promise<[NodeJS.EventEmitter]>;

process.on("message", (command: ServerCommand) => {
  if ("run" in command) {
    void controlConnection.then(([control]) => run(broadcast, control, command.run)).then((ran) => report({ ran }));
    return;
  }
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  report({ memory: { rssBytes: rss, heapBytes: heapUsed + external } });
});
process.on("disconnect", () => process.exit());
report({ ports: { server: await listen(httpServer), control: await listen(controlServer) } });
