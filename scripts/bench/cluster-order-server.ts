/** A process whose application code broadcasts: a member of our cluster, or stock Socket.IO with a Redis adapter. */
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@redis/client";
import { createAdapter as createPubSubAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { Server } from "socket.io";
import { listen } from "./tick-loop.js";

export type OrderKind = "max" | "redis-adapter" | "redis-streams-adapter";

/** In no market. */
export const markerId = "marker-001";

export interface OrderServerOptions {
  readonly kind: OrderKind;
  readonly redisUrl: string;
  /** Postgres. */
  readonly store: string;
  /** Of what the processes share in Redis. */
  readonly key: string;
}

interface Payload {
  readonly sectorId: string;
  readonly value: number;
  readonly timestamp: string;
}

let broadcast: (payload: Payload) => void;

async function startMember({ redisUrl, store }: OrderServerOptions): Promise<string> {
  const { startMax } = await import("../../server/main.js");
  const max = await startMax({ port: 0, scenario: "calm", store, token: "t", cluster: { redis: redisUrl } });
  broadcast = (payload) => max.realtime.broadcastMarketUpdate(payload);
  return max.url;
}

async function startStock({ kind, redisUrl, key }: OrderServerOptions): Promise<string> {
  const client = await createClient({ url: redisUrl }).connect();
  const httpServer = createServer();
  const adapter =
    kind === "redis-adapter"
      ? createPubSubAdapter(client, await client.duplicate().connect(), { key })
      : createStreamsAdapter(client, { streamName: key });
  const io = new Server(httpServer, { adapter });
  broadcast = (payload) => io.emit("market:update", payload);
  return `http://127.0.0.1:${await listen(httpServer)}`;
}

export const handlers = {
  /** Returns the server's URL. */
  start: (options: OrderServerOptions): Promise<string> =>
    options.kind === "max" ? startMember(options) : startStock(options),

  /** Broadcasts values from `from` on, one after another. */
  async broadcast({ from, count, perSecond }: { from: number; count: number; perSecond: number }): Promise<void> {
    const startMs = performance.now();
    for (let sent = 0; sent < count;) {
      const due = Math.min(count, Math.ceil(((performance.now() - startMs) / 1000) * perSecond));
      for (; sent < due; sent++)
        broadcast({ sectorId: markerId, value: from + sent, timestamp: "2026-01-05T14:30:00.000Z" });
      await sleep(1);
    }
  },
};
