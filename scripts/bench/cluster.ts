/**
 * What a cluster costs: a leader and a follower beside a single process, by processor time for each delivery and by when
 * a tick's events arrive; and what goes over the wire to Redis. Single processes come twice, so that one sees how much
 * two that are equal differ.
 */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { prepareLoadtest, runPrepared } from "../../loadtest/index.js";
import type { Health, Plan, Simulation } from "../../schemas/index.js";
import { type ServerProcess, startServerProcess } from "../server-process.js";
import { type ClusterEngines, startClusterEngines } from "./cluster-engines.js";
import { type BenchResult, type BenchSize, medianOf, takeTurns } from "./report.js";

const names = ["single", "leader", "follower", "again"] as const;
type Name = (typeof names)[number];

const sizes = {
  tiny: { clients: 20, rounds: 1, warmups: 0, durationMs: 2000, ticks: 10 },
  full: { clients: 2000, rounds: 6, warmups: 1, durationMs: 5000, ticks: 150 },
} as const;
const token = "0123456789abcdef0123456789abcdef";
const flags = ["--port", "0", "--seed", "7", "--scenario", "fan-out"];

interface Measured {
  readonly cpuUs: number;
  readonly p50Ms: number;
  readonly faults: number;
}

async function readJson<Body>(url: string, path: string): Promise<Body> {
  return (await (await fetch(`${url}${path}`)).json()) as Body;
}

/** Two members, the leader first. */
async function startMembers(engines: ClusterEngines): Promise<[ServerProcess, ServerProcess]> {
  const cluster = ["--cluster", engines.redisUrl, "--store", await engines.createStore()];
  const members = [0, 1].map(() => startServerProcess([...flags, ...cluster], { role: "member", token }));
  const [one, other] = (await Promise.all(members)) as [ServerProcess, ServerProcess];
  for (;;) {
    const roles = await Promise.all(
      [one, other].map(async ({ url }) => (await readJson<Health>(url, "/health")).member?.role),
    );
    const areReady = await Promise.all([one, other].map(async ({ url }) => (await fetch(`${url}/readyz`)).ok));
    if (roles.includes("leader") && !areReady.includes(false))
      return roles[0] === "leader" ? [one, other] : [other, one];
    await sleep(50);
  }
}

/** Processor time of a server, and what it has handed to its subscribers, at one instant. */
async function scrape(url: string): Promise<{ readonly cpuUs: number; readonly deliveries: number }> {
  const text = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
  // One value for each label.
  const read = (name: string): number =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{\\S+)? (\\S+)$`, "gm"))].reduce(
      (sum, [, value]) => sum + Number(value),
      0,
    );
  return { cpuUs: read("process_cpu_seconds_total") * 1e6, deliveries: read("max_deliveries_total") };
}

async function measure({ url }: ServerProcess, size: BenchSize): Promise<Measured> {
  const { clients, durationMs } = sizes[size];
  const stages: Plan["stages"] = [{ kind: "hold", durationMs }];
  const plan: Plan = { name: "cluster", description: "Thin subscribers alone.", clients, warmupMs: 1000, stages };
  const scrapes: ReturnType<typeof scrape>[] = [];
  const progress = { line: (line: string) => void (/\b(?:hold for|drain)\b/.test(line) && scrapes.push(scrape(url))) };
  const options = { plan, workers: 1, progress, commandLine: "", version: "" };
  const { summary } = await runPrepared(await prepareLoadtest(options), { url, token });
  const { lost, duplicated, reordered, corrupted, unexpected } = summary.deliveries;
  const [before, ...others] = await Promise.all(scrapes);
  const after = others.at(-1);
  return {
    cpuUs: (after!.cpuUs - before!.cpuUs) / (after!.deliveries - before!.deliveries),
    p50Ms: summary.latencyMs.p50 ?? Number.NaN,
    faults: lost + duplicated + reordered + corrupted + unexpected,
  };
}

/** Bytes for each tick and member, while nobody subscribes. */
async function measureWire(engines: ClusterEngines, { url }: ServerProcess, members: number, ticks: number) {
  const tickOf = async () => (await readJson<Simulation>(url, "/api/simulation")).tick;
  const [from, before] = [await tickOf(), await engines.redisBytes()];
  let to = from;
  while (to - from < ticks) {
    await sleep(500);
    to = await tickOf();
  }
  const after = await engines.redisBytes();
  const each = (bytes: number): string => (bytes / (to - from) / members).toFixed(0);
  return `Redis: ${each(after.received - before.received)} B received and ${each(after.sent - before.sent)} B sent for each tick and member`;
}

function describe(name: Name, rounds: readonly Readonly<Record<Name, Measured>>[]): string {
  const ratios = rounds.map((round) => round.single.cpuUs / round[name].cpuUs);
  const ratio = medianOf(ratios, (one) => one);
  const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  const cpuUs = medianOf(rounds, (round) => round[name].cpuUs);
  const later = medianOf(rounds, (round) => round[name].p50Ms - round.single.p50Ms);
  const p50 = medianOf(rounds, (round) => round[name].p50Ms);
  return `${name.padEnd(9)} ${ratio.toFixed(3)} of single (${range}), ${cpuUs.toFixed(2)} µs a delivery, p50 ${p50.toFixed(2)} ms, ${later.toFixed(2)} ms later`;
}

export async function run(size: BenchSize): Promise<BenchResult> {
  const { clients, rounds, warmups, ticks } = sizes[size];
  await using engines = await startClusterEngines();
  const servers: ServerProcess[] = [];
  try {
    for (const _ of ["single", "again"])
      servers.push(await startServerProcess([...flags, "--store", await engines.createStore()], { token }));
    servers.push(...(await startMembers(engines)));
    const [single, again, leader, follower] = servers as [ServerProcess, ServerProcess, ServerProcess, ServerProcess];
    const contestants = { single, again, leader, follower };
    const measured = await takeTurns(names, { rounds, warmups, alternating: true }, (name) =>
      measure(contestants[name], size),
    );
    const faults = measured.flatMap((round) => names.map((name) => round[name].faults));
    return {
      name: `cluster: ${clients} subscribers of a member and of a single process, ${rounds} rounds`,
      lines: [...names.map((name) => describe(name, measured)), await measureWire(engines, leader, 2, ticks)],
      hash: createHash("sha256").update(JSON.stringify(faults)).digest("hex"),
    };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}
