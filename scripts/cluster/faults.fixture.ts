/** The faults that a cluster promises to survive, and the table of what came of them. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { median } from "../realism/statistics.js";
import type { Cluster, Member } from "./cluster.fixture.js";
import type { Engine, Engines } from "./engines.fixture.js";
import type { Fault, FaultOutcome } from "./survivors.fixture.js";

/** Redis killed at once with others is back after this time. */
const backAgainMs = 150;
/** The leader ends so long after Redis. */
const nextMs = 1000;

function enginesOf({ engines }: Cluster): Engines {
  if (engines === undefined) throw new Error("The cluster has no engines of its own.");
  return engines;
}

async function restart(leader: Member): Promise<void> {
  await leader.kill();
  await leader.start();
}

async function away(engine: Engine, ms: number): Promise<void> {
  await engine.kill();
  await sleep(ms);
  await engine.start();
}

/** What the leader has stored and cannot tell any more: nothing that it sends to Redis arrives. */
async function killUnannounced(cluster: Cluster, leader: Member): Promise<void> {
  const { redis } = enginesOf(cluster);
  const { address } = redis.host;
  const countCommands = async (): Promise<number> =>
    Number((await cluster.query<{ count: string }>("select count(*) from command"))[0].count);
  leader.host!.hide(address);
  const before = await countCommands();
  // One that was on its way at this moment may have been announced; the one after it was not.
  await expect.poll(countCommands, { interval: 5 }).toBeGreaterThan(before + 1);
  await leader.kill();
  await enginesOf(cluster).forgetHost(leader.host!);
  leader.host!.show(address);
  await leader.start();
}

const killed: Fault = { name: "leader killed", lastsMs: 0, spares: "others", strike: (_, leader) => restart(leader) };

const restarted: Fault = {
  name: "leader restarted",
  lastsMs: 0,
  spares: "others",
  async strike(_, leader) {
    expect(await leader.terminate()).toBe(0);
    await leader.start();
  },
};

const stopped: Fault = {
  name: "leader stopped 3 s",
  lastsMs: 0,
  spares: "others",
  async strike(_, leader) {
    leader.stop();
    await sleep(3000);
    leader.resume();
  },
};

const cutOff: Fault = {
  name: "leader cut off 4 s",
  lastsMs: 0,
  spares: "others",
  async strike(_, { host }) {
    host!.cut();
    await sleep(4000);
    host!.mend();
  },
};

const sessionEnded: Fault = {
  name: "leader's database session ended",
  lastsMs: 0,
  spares: "all",
  strike: (cluster) => enginesOf(cluster).endHolder(),
};

const split: Fault = {
  name: "leader without Postgres, another one without Redis, 4 s",
  lastsMs: 4000,
  spares: "all",
  async strike(cluster, leader) {
    const { redis, postgres } = enginesOf(cluster);
    const other = cluster.members.find((member) => member !== leader)!;
    leader.host!.hide(postgres.host.address);
    other.host!.hide(redis.host.address);
    await sleep(4000);
    leader.host!.show(postgres.host.address);
    other.host!.show(redis.host.address);
  },
};

const redisEmptied: Fault = {
  name: "Redis killed and back empty",
  lastsMs: backAgainMs,
  spares: "all",
  strike: (cluster) => away(enginesOf(cluster).redis, backAgainMs),
};

const redisHangs: Fault = {
  name: "Redis hangs 1.5 s",
  lastsMs: 1500,
  spares: "all",
  async strike(cluster) {
    const { redis } = enginesOf(cluster);
    redis.stop();
    await sleep(1500);
    redis.resume();
  },
};

function redisGone(seconds: number): Fault {
  const lastsMs = seconds * 1000;
  const strike = (cluster: Cluster) => away(enginesOf(cluster).redis, lastsMs);
  return { name: `Redis gone ${seconds} s`, lastsMs, spares: "all", strike };
}

function postgresGone(seconds: number): Fault {
  const lastsMs = seconds * 1000;
  const strike = (cluster: Cluster) => away(enginesOf(cluster).postgres, lastsMs);
  return { name: `Postgres gone ${seconds} s`, lastsMs, spares: "all", strike };
}

const leaderAndRedis: Fault = {
  name: "leader and Redis killed at once",
  lastsMs: backAgainMs,
  spares: "others",
  async strike(cluster, leader) {
    await Promise.all([leader.kill(), away(enginesOf(cluster).redis, backAgainMs)]);
    await leader.start();
  },
};

const redisThenLeader: Fault = {
  name: "Redis gone 4 s, the leader killed meanwhile",
  lastsMs: 4000,
  spares: "others",
  async strike(cluster, leader) {
    const back = away(enginesOf(cluster).redis, 4000);
    await sleep(nextMs);
    await leader.kill();
    await back;
    await leader.start();
  },
};

const bothGone: Fault = {
  name: "both engines gone 3 s",
  lastsMs: 3000,
  spares: "all",
  async strike(cluster) {
    const { redis, postgres } = enginesOf(cluster);
    await Promise.all([away(redis, 3000), away(postgres, 3000)]);
  },
};

const unannounced: Fault = {
  name: "leader killed between commit and announcement",
  lastsMs: 0,
  spares: "others",
  strike: killUnannounced,
};

export const faults = {
  killed,
  restarted,
  stopped,
  cutOff,
  sessionEnded,
  split,
  redisEmptied,
  redisHangs,
  redisGone8: redisGone(8),
  redisGone30: redisGone(30),
  postgresGone10: postgresGone(10),
  postgresGone30: postgresGone(30),
  leaderAndRedis,
  redisThenLeader,
  bothGone,
  unannounced,
} as const;

/** The columns of the table, each with what it tells of the outcomes of a fault. */
const columns: Readonly<Record<string, (outcomes: readonly FaultOutcome[]) => string>> = {
  times: ({ length }) => String(length),
  deliveries: (outcomes) => total(outcomes, ({ received }) => received),
  posts: (outcomes) => total(outcomes, ({ posts }) => posts.acknowledged),
  "refused at first": (outcomes) => total(outcomes, ({ posts }) => posts.refused),
  "given up": (outcomes) => total(outcomes, ({ posts }) => posts.abandoned),
  "takeover ms": (outcomes) => medianAndWorst(outcomes.flatMap(({ takeoverMs }) => takeoverMs ?? [])),
  "latest delivery ms": (outcomes) => medianAndWorst(outcomes.map(({ latestMs }) => latestMs)),
  slips: (outcomes) => total(outcomes, ({ slips }) => slips),
};

function total(outcomes: readonly FaultOutcome[], of: (outcome: FaultOutcome) => number): string {
  return String(outcomes.reduce((sum, outcome) => sum + of(outcome), 0));
}

function medianAndWorst(values: readonly number[]): string {
  return values.length === 0 ? "-" : `${median(values).toFixed(0)} / ${Math.max(...values).toFixed(0)}`;
}

/** Markdown: a row for each fault, with medians and worst values. */
export function formatFaultTable(
  rows: readonly { readonly name: string; readonly outcomes: readonly FaultOutcome[] }[],
): string {
  const cells = [
    ["fault", ...Object.keys(columns)],
    ...rows.map(({ name, outcomes }) => [name, ...Object.values(columns).map((describe) => describe(outcomes))]),
  ];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const lines = cells.map((row) => `| ${row.map((text, column) => text.padEnd(widths[column])).join(" | ")} |`);
  return [lines[0], `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...lines.slice(1)].join("\n");
}
