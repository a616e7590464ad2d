/**
 * Redis and Postgres of one cluster alone, each on a host of its own, which can be killed, stopped and started again.
 *
 * Neither waits for a disk: a process that is killed leaves what it has written to the system. They end with the
 * process that has started them, whatever ends it.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chownSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";
import pg from "pg";
import { onTestFinished, vi } from "vitest";
import { type Host, isNetworkAbsent } from "./network.fixture.js";

const redisPort = 6379;
const postgresPort = 5432;
const startMsMax = 60_000;
const debianFolder = "/usr/lib/postgresql";

function run(file: string, ...args: string[]): string {
  return execFileSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

/** Postgres refuses to run as root. */
function findUser(): { readonly uid: number; readonly gid: number } {
  return { uid: Number(run("id", "-u", "postgres")), gid: Number(run("id", "-g", "postgres")) };
}

/** Where `initdb` and `postgres` are: Debian leaves them out of PATH. */
function findPostgresFolder(): string {
  try {
    return run("pg_config", "--bindir");
  } catch {
    const versions = readdirSync(debianFolder).sort((one, other) => Number(other) - Number(one));
    return join(debianFolder, versions[0] ?? "none", "bin");
  }
}

/** Null where they can be started, or why not. */
function findAbsence(): string | null {
  try {
    findUser();
    run("setpriv", "--pdeathsig", "KILL", "redis-server", "--version");
    run(join(findPostgresFolder(), "initdb"), "--version");
    return null;
  } catch (error) {
    return error instanceof Error ? error.message.split("\n")[0] : String(error);
  }
}

const absence = findAbsence();
if (absence !== null) {
  const sentence = `No Redis and Postgres to start (${absence}); install redis-server, Postgres with its user, and setpriv.`;
  if (process.env["CI"] === "true") throw new Error(sentence);
  process.stderr.write(`Skipped the tests with engines that fail. ${sentence}\n`);
}

/** True when tests with engines of their own must be skipped. */
export const areEnginesAbsent = absence !== null || isNetworkAbsent;

/** A server whose process is under the test's control. */
export class Engine {
  readonly url: string;
  readonly host: Host;
  readonly #words: readonly string[];
  readonly #endSignal: NodeJS.Signals;
  readonly #port: number;
  #child: ChildProcess | undefined;

  /** @param endSignal ends it at once, with all that it has started */
  constructor(url: string, host: Host, endSignal: NodeJS.Signals, words: readonly string[]) {
    this.url = url;
    this.host = host;
    this.#endSignal = endSignal;
    this.#words = words;
    this.#port = Number(new URL(url).port);
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const [file, ...entering] = this.host.enter;
    const dying = ["setpriv", "--pdeathsig", this.#endSignal.slice("SIG".length)];
    this.#child = spawn(file, [...entering, ...dying, ...this.#words], { stdio: "ignore" });
    await vi.waitFor(() => connectTo(this.host.address, this.#port), { timeout: startMsMax, interval: 10 });
  }

  /** Its connections are closed, and what it has not written is lost. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGCONT");
    child.kill(this.#endSignal);
    await ended;
  }

  /** It answers nobody until `resume`, and nothing is closed. */
  stop(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }
}

async function connectTo(host: string, port: number): Promise<void> {
  const socket = connect({ host, port });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(500) });
  } finally {
    socket.destroy();
  }
}

/** Empty whenever it starts. */
async function startRedis(host: Host): Promise<Engine> {
  const listening = ["--bind", host.address, "--port", String(redisPort), "--protected-mode", "no"];
  const words = ["redis-server", ...listening, "--save", "", "--appendonly", "no", "--dir", tmpdir()];
  const redis = new Engine(`redis://${host.address}:${redisPort}`, host, "SIGKILL", words);
  onTestFinished(() => redis.kill());
  await redis.start();
  return redis;
}

async function startPostgres(host: Host): Promise<Engine> {
  const bin = findPostgresFolder();
  const { uid, gid } = findUser();
  const folder = mkdtempSync(join(tmpdir(), "max-postgres-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  chownSync(folder, uid, gid);
  const creating = ["--pgdata", folder, "--username", "postgres", "--auth", "trust", "--no-sync", "--encoding", "UTF8"];
  execFileSync(join(bin, "initdb"), creating, { uid, gid, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  appendFileSync(join(folder, "pg_hba.conf"), "host all all 0.0.0.0/0 trust\n");
  const settings = {
    listen_addresses: host.address,
    port: postgresPort,
    unix_socket_directories: "",
    fsync: "off",
    shared_buffers: "32MB",
  };
  const asPostgres = ["--reuid", String(uid), "--regid", String(gid), "--clear-groups"];
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const words = [...asPostgres, join(bin, "postgres"), "-D", folder, ...flags];
  const postgres = new Engine(`postgres://postgres@${host.address}:${postgresPort}/postgres`, host, "SIGQUIT", words);
  onTestFinished(() => postgres.kill());
  await postgres.start();
  return postgres;
}

/** What a cluster rests on, until the test ends. */
export class Engines {
  readonly redis: Engine;
  readonly postgres: Engine;

  private constructor(redis: Engine, postgres: Engine) {
    this.redis = redis;
    this.postgres = postgres;
  }

  static async start(redisHost: Host, postgresHost: Host): Promise<Engines> {
    return new Engines(...(await Promise.all([startRedis(redisHost), startPostgres(postgresHost)])));
  }

  /** Ends the session that holds the lock of the store. */
  async endHolder(): Promise<void> {
    const client = new pg.Client({ connectionString: this.postgres.url });
    await client.connect();
    const { rowCount } = await client.query(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted",
    );
    await client.end();
    if (rowCount !== 1) throw new Error(`${rowCount} sessions hold the lock of the store.`);
  }

  /** Ends the connections of a host to Redis: nothing comes of them any more, whatever is still on its way. */
  async forgetHost({ address }: Host): Promise<void> {
    const client = await createClient({ url: this.redis.url }).connect();
    const peers = [...(await client.sendCommand<string>(["CLIENT", "LIST"])).matchAll(/\baddr=(\S+)/g)];
    for (const [, peer] of peers)
      if (peer.startsWith(`${address}:`)) await client.sendCommand(["CLIENT", "KILL", "ADDR", peer]);
    client.destroy();
  }
}
