/** A realtime room on a free port, with stock clients, for tests. */
import { once } from "node:events";
import { type Server as HttpServer, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type ManagerOptions, type Socket, type SocketOptions, io } from "socket.io-client";
import { expect } from "vitest";
import { type HttpLimits, limitHttpServer } from "../http/http-limits.js";
import { type Realtime, type RealtimeOptions, createRealtime } from "./index.js";

export interface TestRoom extends AsyncDisposable {
  readonly realtime: Realtime;
  readonly httpServer: HttpServer;
  readonly port: number;
  readonly url: string;
  /** A stock client that never reconnects by itself, connected. */
  connect(options?: Partial<ManagerOptions & SocketOptions>): Promise<Socket>;
}

/** Simulated now of every test room. */
export const testNowMs = Date.parse("2025-01-15T10:30:00.000Z");

export async function openRoom(
  options: Partial<RealtimeOptions> = {},
  prepare: (server: HttpServer) => void = () => {},
): Promise<TestRoom> {
  const httpServer = createServer((_request, response) => void response.writeHead(404).end());
  prepare(httpServer);
  const realtime = createRealtime({ httpServer, nowMs: () => testNowMs, ...options });
  realtime.attach();
  httpServer.listen(0, "127.0.0.1");
  await once(httpServer, "listening");
  const { port } = httpServer.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const clients: Socket[] = [];
  return {
    realtime,
    httpServer,
    port,
    url,
    async connect(clientOptions) {
      const client = io(url, { transports: ["websocket"], forceNew: true, reconnection: false, ...clientOptions });
      clients.push(client);
      await new Promise<void>((resolve, reject) => {
        client.once("connect", resolve);
        client.once("connect_error", reject);
      });
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.disconnect();
      await realtime.close(0);
      httpServer.closeAllConnections();
      await new Promise<void>((resolve) => void httpServer.close(() => resolve()));
    },
  };
}

/** A policy under which nobody is slow. */
export const neverSlow = {
  softBacklogBytesMax: 0,
  hardBacklogBytesMax: 0,
  slowMsMax: 0,
  pongLagMsMax: 0,
  pollIntervalMs: 0,
};
/** Clients and server share a process here: on a busy machine a pong may well take a minute. */
export const neverLate = { inboundPacketsPerSecondMax: 0, pingTimeoutMs: 300_000, handshakeMsMax: 300_000 };

/** Everything a client receives, in order, as `[event, ...arguments]`. */
export function record(client: Socket): unknown[][] {
  const received: unknown[][] = [];
  client.onAny((...args: unknown[]) => void received.push(args));
  return received;
}

/** Resolves once a condition holds; looks again every millisecond. Gives up a little before the test itself would. */
export async function until(condition: () => boolean, what: string, timeoutMs = 170_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    await new Promise((resolve) => void setTimeout(resolve, 1));
  }
}

/** Runs an attack beside a well-behaved subscriber, who must not miss an event, and expects the room to be as before. */
export async function attack(
  options: Partial<RealtimeOptions>,
  misbehave: (room: TestRoom) => Promise<void>,
  httpLimits: Partial<HttpLimits> = {},
): Promise<TestRoom["realtime"]> {
  await using room = await openRoom(options, (server) => limitHttpServer(server, httpLimits));
  const { realtime } = room;
  const received = record(await room.connect());
  let sent = 0;
  const timer = setInterval(() => realtime.broadcastMarketUpdate({ indexValue: (sent += 1) }), 2);
  try {
    await misbehave(room);
  } finally {
    clearInterval(timer);
  }
  realtime.broadcastMarketUpdate({ indexValue: (sent += 1) });
  await until(() => received.length === sent, "the well-behaved subscriber has everything");
  expect(received.map(([, payload]) => (payload as { indexValue: number }).indexValue)).toEqual(
    Array.from({ length: sent }, (_, index) => index + 1),
  );
  await until(() => realtime.clientsCount() === 1, "the attacker is gone");
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  return realtime;
}
