/** Redis and Postgres for the benchmarks of a cluster: a Redis process of their own, and schemas of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@redis/client";
import pg from "pg";
import { listen } from "./tick-loop.js";

const databaseUrl = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

export interface ClusterEngines extends AsyncDisposable {
  readonly redisUrl: string;
  /** Address of an empty schema. */
  createStore(): Promise<string>;
  /** What Redis has received and sent so far, without what this question costs. */
  redisBytes(): Promise<{ readonly received: number; readonly sent: number }>;
  /** Processor time of Redis so far, microseconds. */
  redisCpuUs(): Promise<number>;
  /** @throws when Postgres allows fewer connections */
  requireConnections(count: number): Promise<void>;
}

async function findPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  return port;
}

async function connect(url: string): Promise<ReturnType<typeof createClient>> {
  for (let attempt = 0; ; attempt++) {
    try {
      const client = createClient({ url, socket: { reconnectStrategy: false } }).on("error", () => {});
      return (await client.connect()) as ReturnType<typeof createClient>;
    } catch (error) {
      if (attempt === 50) throw error;
      await sleep(100);
    }
  }
}

/** @throws when there is no Postgres at DATABASE_URL, or no program redis-server */
export async function startClusterEngines(): Promise<ClusterEngines> {
  const port = await findPort();
  const redis: ChildProcess = spawn("redis-server", ["--port", String(port), "--save", "", "--appendonly", "no"], {
    stdio: "ignore",
  });
  await once(redis, "spawn");
  const redisUrl = `redis://127.0.0.1:${port}`;
  const client = await connect(redisUrl);
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const schemas: string[] = [];
  async function count(): Promise<{ received: number; sent: number }> {
    const text = await client.info("stats");
    const read = (name: string): number => Number(new RegExp(`${name}:(\\d+)`).exec(text)?.[1]);
    return { received: read("total_net_input_bytes"), sent: read("total_net_output_bytes") };
  }
  let asked = { received: 0, sent: 0 };
  return {
    redisUrl,
    async createStore() {
      const schema = `max_bench_${randomBytes(6).toString("hex")}`;
      await database.query(`create schema ${schema}`);
      schemas.push(schema);
      const url = new URL(databaseUrl);
      url.searchParams.set("options", `-c search_path=${schema}`);
      return url.href;
    },
    async redisBytes() {
      const total = await count();
      const found = { received: total.received - asked.received, sent: total.sent - asked.sent };
      // What is sent in answer to this question is counted at the next one.
      const after = await count();
      asked = {
        received: asked.received + 2 * (after.received - total.received),
        sent: asked.sent + 2 * (after.sent - total.sent),
      };
      return found;
    },
    async redisCpuUs() {
      const text = await client.info("cpu");
      const used = [...text.matchAll(/^used_cpu_(?:sys|user):(\S+)/gm)];
      return used.reduce((sum, [, seconds]) => sum + Number(seconds) * 1e6, 0);
    },
    async requireConnections(count) {
      const { rows } = await database.query<{ max_connections: string }>("show max_connections");
      const allowed = Number(rows[0]?.max_connections);
      if (allowed < count)
        throw new Error(
          `So many members need up to ${count} connections, and this Postgres allows ${allowed}. Name one in DATABASE_URL that was started with max_connections=${count + 10}.`,
        );
    },
    async [Symbol.asyncDispose]() {
      for (const schema of schemas) await database.query(`drop schema ${schema} cascade`);
      await database.end();
      client.destroy();
      const ended = once(redis, "exit");
      redis.kill("SIGKILL");
      await ended;
    },
  };
}
