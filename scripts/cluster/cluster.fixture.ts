/** A cluster of processes of the built `max`, with a schema of its own, whose members can be killed, stopped and cut off. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";
import pg from "pg";
import { expect, onTestFinished } from "vitest";
import type { Health } from "../../schemas/index.js";
import { redisUrl } from "../../server/cluster/redis.fixture.js";
import { token } from "../../server/cluster.fixture.js";
import { postgresSchema } from "../../server/store/store.fixture.js";
import { type ServerProcess, startServerProcess } from "../server-process.js";
import { Engines } from "./engines.fixture.js";
import { forwardTo } from "./forwarder.fixture.js";
import { type Host, createNetwork } from "./network.fixture.js";

export interface ClusterOptions {
  /** @default 3 */
  readonly members?: number;
  /** Each member on a host of its own, whose link can be cut. @default false */
  readonly isolated?: boolean;
  /** Redis and Postgres of its own, each on a host of its own, as the members are. @default false */
  readonly ownEngines?: boolean;
  /** By how much what Redis sends to the last member is late, milliseconds. @default 0 */
  readonly lastIsLateMs?: number;
  /** Source of a module that each member loads first. @default none */
  readonly preload?: string;
  /** Of `max demo`, besides. @default none */
  readonly flags?: readonly string[];
}

/** A member that hangs while it starts is looked at then, before it is given up. */
const hangMs = 30_000;
/** A member that is stopped or cut off does not answer. */
const answerMsMax = 1000;

/** A line of a member's log. */
export interface LogLine {
  readonly time: number;
  readonly msg: string;
  readonly epoch?: number;
}

export class Member {
  /** What it has logged since the cluster started. */
  readonly log: LogLine[] = [];
  readonly host: Host | undefined;
  readonly token = token;
  readonly #start: (member: Member, port: string) => Promise<ServerProcess>;
  #starting: Promise<ServerProcess> | undefined;
  #server: ServerProcess | undefined;
  #hasEnded = false;
  #port = "0";

  constructor(host: Host | undefined, start: (member: Member, port: string) => Promise<ServerProcess>) {
    this.host = host;
    this.#start = start;
  }

  get url(): string {
    return this.#require().url;
  }

  get pid(): number {
    return this.#require().pid;
  }

  /** Starts it, again at the same port, and waits until it is ready. */
  async start(): Promise<void> {
    this.#hasEnded = false;
    this.#starting = this.#start(this, this.#port);
    this.#server = await this.#starting;
    void this.#server.ended.then(() => (this.#hasEnded = true));
    this.#port = new URL(this.url).port;
    await untilReady(this);
  }

  async kill(): Promise<void> {
    const { pid, ended } = this.#require();
    process.kill(pid, "SIGKILL");
    await ended;
  }

  /** As a supervisor does it. Resolves with how it ended. */
  async terminate(): Promise<number | NodeJS.Signals> {
    const { pid, ended } = this.#require();
    process.kill(pid, "SIGTERM");
    return await ended;
  }

  stop(): void {
    process.kill(this.pid, "SIGSTOP");
  }

  resume(): void {
    process.kill(this.pid, "SIGCONT");
  }

  take(line: string): void {
    if (line.startsWith("{")) this.log.push(JSON.parse(line) as LogLine);
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) };
    return fetch(`${this.url}${path}`, { ...init, headers });
  }

  /** Undefined where it does not answer. */
  async health(): Promise<NonNullable<Health["member"]> | undefined> {
    try {
      const response = await this.fetch("/health", { signal: AbortSignal.timeout(answerMsMax) });
      return ((await response.json()) as Health).member;
    } catch {
      return undefined;
    }
  }

  /** Ends it, whatever state it is in. */
  async end(): Promise<void> {
    const server = await this.#starting?.catch(() => undefined);
    if (server === undefined || this.#hasEnded) return;
    this.resume();
    await this.kill();
  }

  #require(): ServerProcess {
    if (this.#server === undefined) throw new Error("The member has not been started.");
    return this.#server;
  }
}

export async function untilReady(member: Member): Promise<void> {
  const ask = () => member.fetch("/readyz", { signal: AbortSignal.timeout(answerMsMax) });
  const status = async () => (await ask().catch(() => null))?.status;
  await expect.poll(status, { message: `${member.url} is ready`, timeout: 60_000, interval: 50 }).toBe(200);
}

export interface Cluster {
  readonly members: readonly Member[];
  /** Waits until one of them leads. */
  leader(): Promise<Member>;
  /** Rows of the cluster's schema. */
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** With `ownEngines`. */
  readonly engines?: Engines;
}

/** What a member that does not start is doing, for whoever looks for the cause. */
async function describeHang(port: string, folder: string, query: Cluster["query"]): Promise<string> {
  const sessions = await query(
    "select pid, state, wait_event_type, wait_event, left(query, 120) as query, now() - query_start as since from pg_stat_activity where application_name = 'max-harness'",
  );
  const own = ["-P", String(process.pid), "-f", `--port ${port} `];
  const pids = execFileSync("pgrep", own, { encoding: "utf8" }).trim().split("\n");
  for (const pid of pids) process.kill(Number(pid), "SIGUSR2");
  return `The member at port ${port} (process ${pids.join()}) does not start. Its report is in ${folder}. ${JSON.stringify(sessions)}`;
}

type Query = Cluster["query"];

/** Where members reach Redis and Postgres, and what this process asks the latter. */
interface Surroundings {
  readonly redisUrl: string;
  readonly storeUrl: string;
  readonly hosts: readonly Host[];
  readonly query: Query;
  readonly engines?: Engines;
}

/** Over connections of their own: a query outlives a Postgres that was killed before. */
function queryOf(storeUrl: string): Query {
  return async (sql, values = []) => {
    const client = new pg.Client({ connectionString: storeUrl });
    await client.connect();
    try {
      return (await client.query(sql, [...values])).rows as never;
    } finally {
      await client.end();
    }
  };
}

/** The engines of this machine, with a schema and a stream that go when the test ends. */
async function share(hosts: number): Promise<Surroundings> {
  const storeUrl = await postgresSchema();
  const query = queryOf(storeUrl);
  onTestFinished(async () => {
    const [row] = (await query("select log_id from cluster").catch(() => [])) as { log_id: string }[];
    if (row === undefined) return;
    const redis = await createClient({ url: redisUrl }).connect();
    await redis.del(`max:${row.log_id}:log`);
    redis.destroy();
  });
  if (hosts === 0) return { redisUrl, storeUrl, hosts: [], query };
  const network = createNetwork(hosts);
  const [redis, store] = await Promise.all([network.forward(redisUrl), network.forward(storeUrl)]);
  return { redisUrl: redis, storeUrl: store, hosts: network.hosts, query };
}

/** Engines of the cluster alone. */
async function separate(members: number): Promise<Surroundings> {
  const [redisHost, postgresHost, ...hosts] = createNetwork(members + 2).hosts;
  const engines = await Engines.start(redisHost, postgresHost);
  const { redis, postgres } = engines;
  return { redisUrl: redis.url, storeUrl: postgres.url, hosts, query: queryOf(postgres.url), engines };
}

/** Its processes, engines, schema and stream go when the test ends. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { members: count = 3, isolated = false, ownEngines = false, lastIsLateMs = 0, preload, flags = [] } = options;
  const surroundings = ownEngines ? await separate(count) : await share(isolated ? count : 0);
  const { redisUrl: redis, storeUrl: store, hosts, query, engines } = surroundings;
  const lateRedis = lastIsLateMs > 0 ? await forwardTo(redis, { delayMs: lastIsLateMs }) : redis;
  const reports = mkdtempSync(join(tmpdir(), "max-cluster-"));
  const node = ["--report-on-signal", `--report-directory=${reports}`];
  if (preload !== undefined) node.push("--import", `data:text/javascript,${encodeURIComponent(preload)}`);
  const limits = ["--max-per-address", "0", "--rate-limit", "0", "--drain", "0s"];

  let hasHung = false;
  async function start(member: Member, port: string): Promise<ServerProcess> {
    const { host } = member;
    const place = host === undefined ? [] : ["--host", host.address];
    const log = ["--cluster", member === members.at(-1) ? lateRedis : redis, "--store", store];
    const [file, ...launching] = [...(host?.enter ?? []), process.execPath, ...node] as [string, ...string[]];
    const hanging = setTimeout(() => {
      hasHung = true;
      void describeHang(port, reports, query).then((text) => process.stderr.write(`${text}\n`));
    }, hangMs);
    try {
      return await startServerProcess(["--port", port, ...log, ...place, ...limits, ...flags], {
        role: "member",
        token,
        launcher: [file, ...launching],
        onLine: (line) => member.take(line),
      });
    } finally {
      clearTimeout(hanging);
    }
  }
  const members = Array.from({ length: count }, (_, at) => new Member(hosts[at], start));
  onTestFinished(async () => {
    await Promise.all(members.map((member) => member.end()));
    if (!hasHung) rmSync(reports, { recursive: true });
  });
  await Promise.all(members.map((member) => member.start()));

  async function leader(): Promise<Member> {
    let found: Member | undefined;
    const look = async () => {
      const healths = await Promise.all(members.map((member) => member.health()));
      found = members.find((_, at) => healths[at]?.role === "leader");
      return found;
    };
    await expect.poll(look, { message: "a member leads", timeout: 60_000, interval: 20 }).toBeDefined();
    return found!;
  }
  return { members, leader, query, ...(engines && { engines }) };
}
