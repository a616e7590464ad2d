/** A stock Socket.IO server that counts. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { onTestFinished } from "vitest";

export interface StockServer {
  readonly url: string;
  /** Events so far. */
  readonly sent: () => number;
  /** Ends all connections, and goes on as another process of it would. */
  readonly restart: () => Promise<void>;
  /** Ends it. */
  readonly stop: () => Promise<void>;
}

interface Process {
  readonly port: number;
  readonly close: () => Promise<void>;
}

export interface StockOptions {
  /** With connection state recovery. @default false */
  readonly recovery?: boolean;
  /** Milliseconds between two events. @default 10 */
  readonly everyMs?: number;
}

async function start(
  port: number,
  { recovery = false, everyMs = 10 }: StockOptions,
  emit: (io: Server) => void,
): Promise<Process> {
  const http = createServer((_, response) => void response.writeHead(404).end());
  const options = recovery ? { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } } : {};
  const io = new Server(http, { serveClient: false, ...options });
  const timer = setInterval(() => emit(io), everyMs);
  await once(http.listen(port, "127.0.0.1"), "listening");
  return {
    port: (http.address() as AddressInfo).port,
    async close() {
      clearInterval(timer);
      const closed = io.close();
      http.closeAllConnections();
      await closed;
    },
  };
}

/** Closed after the test. */
export async function startStock(options: StockOptions = {}): Promise<StockServer> {
  let count = 0;
  const emit = (io: Server): void =>
    void io.emit("market:update", { indexValue: ++count, timestamp: new Date().toISOString() });
  let running = await start(0, options, emit);
  const { port } = running;
  onTestFinished(() => running.close());
  return {
    url: `http://127.0.0.1:${port}`,
    sent: () => count,
    stop: () => running.close(),
    async restart() {
      await running.close();
      running = await start(port, options, emit);
    },
  };
}
