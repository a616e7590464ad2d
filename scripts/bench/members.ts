/**
 * What each further member costs a cluster that nobody subscribes to: processor time of Redis, of the leader and of a
 * follower for each tick, and the bytes that Redis sends. Followers share processes, so that many fit on one machine.
 */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Health, Simulation } from "../../schemas/index.js";
import { startServerProcess } from "../server-process.js";
import { BenchProcess } from "./bench-process.js";
import { type ClusterEngines, startClusterEngines } from "./cluster-engines.js";
import { type BenchResult, type BenchSize, cell } from "./report.js";

const sizes = {
  tiny: { each: 2, processes: [1, 2], ticks: 10 },
  full: { each: 20, processes: [1, 3, 5], ticks: 150 },
} as const;
const token = "0123456789abcdef0123456789abcdef";
/** Of a member, at most: its reads, its row, the wait for the lock, and while it leads its writes. */
const connectionsEach = 5;
const lookMs = 200;

type Members = BenchProcess<typeof import("./members-server.js").handlers>;

/** Totals so far. */
interface Reading {
  readonly tick: number;
  readonly redisUs: number;
  readonly leaderUs: number;
  readonly followersUs: number;
  readonly sentBytes: number;
}

interface Row {
  readonly members: number;
  readonly redisUs: number;
  readonly leaderUs: number;
  /** Of one. */
  readonly followerUs: number;
  readonly sentBytes: number;
}

async function readJson<Body>(url: string, path: string): Promise<Body> {
  return (await (await fetch(`${url}${path}`)).json()) as Body;
}

async function read(engines: ClusterEngines, leader: string, followers: readonly Members[]): Promise<Reading> {
  const { tick } = await readJson<Simulation>(leader, "/api/simulation");
  const metrics = await (await fetch(`${leader}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
  const each = await Promise.all(followers.map((process) => process.call("cpuUs")));
  return {
    tick,
    redisUs: await engines.redisCpuUs(),
    leaderUs: Number(/^process_cpu_seconds_total (\S+)$/m.exec(metrics)?.[1]) * 1e6,
    followersUs: each.reduce((sum, cpuUs) => sum + cpuUs, 0),
    sentBytes: (await engines.redisBytes()).sent,
  };
}

async function measure(
  engines: ClusterEngines,
  leader: string,
  followers: readonly Members[],
  { each, ticks }: { readonly each: number; readonly ticks: number },
): Promise<Row> {
  const before = await read(engines, leader, followers);
  while ((await readJson<Simulation>(leader, "/api/simulation")).tick < before.tick + ticks) await sleep(lookMs);
  const after = await read(engines, leader, followers);
  const perTick = (figure: keyof Reading): number => (after[figure] - before[figure]) / (after.tick - before.tick);
  return {
    members: followers.length * each + 1,
    redisUs: perTick("redisUs"),
    leaderUs: perTick("leaderUs"),
    followerUs: perTick("followersUs") / (followers.length * each),
    sentBytes: perTick("sentBytes"),
  };
}

/** All show one world. @throws when they do not */
async function requireOneWorld(leader: string, followers: readonly Members[]): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  await fetch(`${leader}/api/simulation/pause`, { method: "POST", headers });
  const { tick, digest } = await readJson<Simulation>(leader, "/api/simulation");
  const shown = (await Promise.all(followers.map((process) => process.call("digests")))).flat();
  const other = shown.find((one) => one !== `${tick} ${digest}`);
  if (other !== undefined) throw new Error(`a member shows ${other}, the leader ${tick} ${digest}`);
}

function describe({ members, redisUs, leaderUs, followerUs, sentBytes }: Row): string {
  const us = `${cell(redisUs, 0, 9)} ${cell(redisUs / members, 1, 9)} ${cell(leaderUs, 0, 9)} ${cell(followerUs, 0, 9)}`;
  return `${cell(members, 0, 7)} ${us} ${cell(sentBytes / members, 0, 9)}`;
}

export async function run(size: BenchSize): Promise<BenchResult> {
  const { each, processes, ticks } = sizes[size];
  await using engines = await startClusterEngines();
  const total = each * processes.at(-1)! + 1;
  await engines.requireConnections(total * connectionsEach);
  const store = await engines.createStore();
  const flags = [
    "--port",
    "0",
    "--seed",
    "7",
    "--scenario",
    "fan-out",
    "--cluster",
    engines.redisUrl,
    "--store",
    store,
  ];
  const leader = await startServerProcess(flags, { role: "leader", token });
  const followers: Members[] = [];
  try {
    while ((await readJson<Health>(leader.url, "/health")).member?.role !== "leader") await sleep(lookMs);
    const rows: Row[] = [];
    for (const count of processes) {
      while (followers.length < count) {
        const process: Members = new BenchProcess("members-server", followers.length % 2);
        followers.push(process);
        await process.call("start", { count: each, redisUrl: engines.redisUrl, store, token });
      }
      rows.push(await measure(engines, leader.url, followers, { each, ticks }));
    }
    await requireOneWorld(leader.url, followers);
    const header = "members  Redis µs  a member leader µs follower µs  sent B a member, each for a tick";
    return {
      name: `members: a cluster without subscribers, ${each} followers a process, ${ticks} ticks each`,
      lines: [header, ...rows.map(describe)],
      hash: createHash("sha256")
        .update(JSON.stringify(rows.map(({ members }) => members)))
        .digest("hex"),
    };
  } finally {
    await Promise.all(followers.map((process) => process.stop()));
    await leader.stop();
  }
}
