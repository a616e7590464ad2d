/**
 * The fan-out benchmark: how many deliveries a second one core makes, and what a delivery costs.
 *
 * Ours, stock Socket.IO and plain ws with one shared buffer, each server on one core and its receiver on
 * the other, take turns within one run, because machines drift by more than the servers differ: read the
 * ratios. A delivery is one event at one subscriber; it counts when the tick's last subscriber has it.
 *
 * Servers that take turns drive each other out of the processor's caches, the more so the more connections they
 * have. So what a delivery costs by the number of subscribers is measured once more, with ours alone and warm.
 */
import { createHash } from "node:crypto";
import type { BenchResult } from "./bench.js";
import {
  type MemoryReport,
  type ReceiverCommand,
  type ReceiverReport,
  type ServerCommand,
  type ServerKind,
  type ServerReport,
  serverKinds,
} from "./fanout-messages.js";
import { BenchProcess, canPin } from "./fanout-process.js";
import { median } from "../realism/statistics.js";

export type { BenchResult } from "./bench.js";

interface Plan {
  readonly subscribers: readonly number[];
  readonly eventsPerTick: readonly number[];
  readonly rounds: number;
  readonly durationMsMin: number;
  /** The first ticks of each run are hashed; no run has fewer. */
  readonly ticksMin: number;
  /** A run before the rounds that is not counted: code is compiled, buffers grow. */
  readonly warmupMs: number;
  readonly alone: Alone;
}

/** Ours without the others, anew for each number of subscribers. */
interface Alone extends Pick<Plan, "rounds" | "durationMsMin" | "ticksMin" | "warmupMs"> {
  readonly eventsPerTick: number;
}

const plans: Record<"tiny" | "full", Plan> = {
  tiny: {
    subscribers: [20, 40],
    eventsPerTick: [1, 12],
    rounds: 1,
    durationMsMin: 20,
    ticksMin: 5,
    warmupMs: 0,
    alone: { eventsPerTick: 12, rounds: 1, durationMsMin: 20, ticksMin: 5, warmupMs: 0 },
  },
  full: {
    subscribers: [100, 1_000, 10_000],
    eventsPerTick: [1, 12, 48],
    rounds: 5,
    // A tick to 10,000 takes a tenth of a second, and the first few after the others' turn find everything cold.
    durationMsMin: 1500,
    ticksMin: 2,
    warmupMs: 500,
    alone: { eventsPerTick: 12, rounds: 3, durationMsMin: 3000, ticksMin: 2, warmupMs: 5000 },
  },
};

const serverCore = 0;
const receiverCore = 1;
const settleMs = 500;

type ServerProcess = BenchProcess<ServerCommand, ServerReport>;
type ReceiverProcess = BenchProcess<ReceiverCommand, ReceiverReport>;

/** A server with its receiver, all subscribers connected. */
interface Pair {
  readonly kind: ServerKind;
  readonly server: ServerProcess;
  readonly receiver: ReceiverProcess;
  readonly openedMs: number;
  readonly before: MemoryReport;
  readonly after: MemoryReport;
}

interface Measurement {
  readonly deliveriesPerSecond: number;
  readonly cpuUsPerDelivery: number;
  readonly bytesPerDelivery: number;
  readonly hash: string;
}

async function openPair(kind: ServerKind, subscribers: number): Promise<Pair> {
  const server: ServerProcess = new BenchProcess("fanout-server", serverCore, [kind]);
  const receiver: ReceiverProcess = new BenchProcess("fanout-receiver", receiverCore);
  const ports = await server.ask(null, "ports");
  const before = await server.ask({ memory: true }, "memory");
  const { wallMs } = await receiver.ask({ open: { kind, ...ports, subscribers } }, "opened");
  await new Promise((resolve) => void setTimeout(resolve, Math.min(settleMs, subscribers)));
  const after = await server.ask({ memory: true }, "memory");
  return { kind, server, receiver, openedMs: wallMs, before, after };
}

async function measure(
  { server, receiver }: Pair,
  subscribers: number,
  eventsPerTick: number,
  plan: Pick<Plan, "durationMsMin" | "ticksMin">,
): Promise<Measurement> {
  await receiver.ask({ expect: { eventsPerTick, hashedTicks: plan.ticksMin } }, "expecting");
  const { durationMsMin, ticksMin } = plan;
  const { ticks, wallMs, cpuUs } = await server.ask(
    { run: { subscribers, eventsPerTick, durationMsMin, ticksMin } },
    "ran",
  );
  const { hash, frames, bytes } = await receiver.ask({ finish: true }, "finished");
  const deliveries = ticks * eventsPerTick * subscribers;
  if (frames !== deliveries) throw new Error(`${deliveries} deliveries were sent, ${frames} arrived`);
  return {
    deliveriesPerSecond: deliveries / (wallMs / 1000),
    cpuUsPerDelivery: cpuUs / deliveries,
    bytesPerDelivery: bytes / deliveries,
    hash,
  };
}

/** One line of the table: all rounds of one number of subscribers and one number of events. */
interface Row {
  readonly subscribers: number;
  readonly eventsPerTick: number;
  readonly rounds: readonly Record<ServerKind, Measurement>[];
}

async function measureRow(
  pairs: readonly Pair[],
  subscribers: number,
  eventsPerTick: number,
  plan: Plan,
): Promise<Row> {
  const rounds: Record<ServerKind, Measurement>[] = [];
  const warmup: Plan = { ...plan, durationMsMin: plan.warmupMs, ticksMin: 1 };
  if (plan.warmupMs > 0) for (const pair of pairs) await measure(pair, subscribers, eventsPerTick, warmup);
  for (let round = 0; round < plan.rounds; round++) {
    const results = new Map<ServerKind, Measurement>();
    for (const pair of pairs) results.set(pair.kind, await measure(pair, subscribers, eventsPerTick, plan));
    rounds.push(Object.fromEntries(results) as Record<ServerKind, Measurement>);
  }
  const row: Row = { subscribers, eventsPerTick, rounds };
  if (plan.rounds > 1) process.stderr.write(`${formatRow(row)}\n`);
  const hashes = new Set(rounds.flatMap((results) => Object.values(results).map(({ hash }) => hash)));
  if (hashes.size !== 1) throw new Error(`the servers did not send the same bytes to ${subscribers} subscribers`);
  return row;
}

function medianOf({ rounds }: Row, kind: ServerKind, figure: "deliveriesPerSecond" | "cpuUsPerDelivery"): number {
  return median(rounds.map((results) => results[kind][figure]));
}

/** Medians over the rounds of ours against another server's in the same round: by rate, and by cost. */
function ratios({ rounds }: Row, other: ServerKind): string {
  const byRate = median(rounds.map((results) => results.max.deliveriesPerSecond / results[other].deliveriesPerSecond));
  const byCost = median(rounds.map((results) => results[other].cpuUsPerDelivery / results.max.cpuUsPerDelivery));
  return `${byRate.toFixed(2).padStart(6)}x ${byCost.toFixed(2).padStart(6)}x`;
}

function formatRow(row: Row): string {
  const rates = serverKinds.map((kind) => {
    const thousands = medianOf(row, kind, "deliveriesPerSecond") / 1000;
    return `${thousands.toFixed(0).padStart(7)} k/s ${medianOf(row, kind, "cpuUsPerDelivery").toFixed(2).padStart(6)} µs`;
  });
  return `${String(row.subscribers).padStart(6)} ${String(row.eventsPerTick).padStart(4)} ${rates.join(" ")} ${ratios(row, "stock")} ${ratios(row, "ws")}`;
}

function formatOpening(pairs: readonly Pair[], subscribers: number): string[] {
  return pairs.map(({ kind, openedMs, before, after }) => {
    const kilobytes = (bytes: number) => (bytes / subscribers / 1024).toFixed(1);
    const rss = kilobytes(after.rssBytes - before.rssBytes);
    const heap = kilobytes(after.heapBytes - before.heapBytes);
    return `${kind.padEnd(6)} ${subscribers} connections opened in ${(openedMs / 1000).toFixed(2)} s, each ${rss} KiB resident, ${heap} KiB of it heap and buffers`;
  });
}

/** What a delivery costs by the number of subscribers, ours alone. */
async function measureAlone({ subscribers, alone }: Plan): Promise<string> {
  const { eventsPerTick, rounds, warmupMs } = alone;
  const costs = new Map<number, number[]>(subscribers.map((count) => [count, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [count, measured] of costs) {
      const pair = await openPair("max", count);
      try {
        if (warmupMs > 0) await measure(pair, count, eventsPerTick, { durationMsMin: warmupMs, ticksMin: 1 });
        measured.push((await measure(pair, count, eventsPerTick, alone)).cpuUsPerDelivery);
      } finally {
        await closePair(pair);
      }
    }
  }
  const medians = [...costs].map(([count, measured]) => ({ count, costUs: median(measured) }));
  const sorted = medians.map(({ costUs }) => costUs).toSorted((a, b) => a - b);
  const spread = ((sorted.at(-1) ?? 0) / sorted[0] - 1) * 100;
  const each = medians.map(({ count, costUs }) => `${costUs.toFixed(2)} µs with ${count} subscribers`);
  return `alone and warm, ${eventsPerTick} events a tick, a delivery costs ${each.join(", ")}: a difference of ${spread.toFixed(0)} %`;
}

async function closePair({ server, receiver }: Pair): Promise<void> {
  await Promise.all([receiver.stop(), server.stop()]);
}

/** Compares the three servers; throws when they did not all send the same. */
export async function run(size: "tiny" | "full"): Promise<BenchResult> {
  const plan = plans[size];
  const rows: Row[] = [];
  const openings: string[] = [];
  for (const subscribers of plan.subscribers) {
    const pairs: Pair[] = [];
    try {
      for (const kind of serverKinds) pairs.push(await openPair(kind, subscribers));
      openings.push(...formatOpening(pairs, subscribers));
      for (const eventsPerTick of plan.eventsPerTick)
        rows.push(await measureRow(pairs, subscribers, eventsPerTick, plan));
    } finally {
      await Promise.all(pairs.map(closePair));
    }
  }
  const hash = createHash("sha256");
  for (const { rounds } of rows) hash.update(rounds[0].max.hash);
  const bytes = median(rows.map(({ rounds }) => rounds[0].max.bytesPerDelivery));
  return {
    name: "fan-out: deliveries a second from one core",
    lines: [
      `${plan.rounds} rounds, medians; ${bytes.toFixed(0)} bytes a delivery; ${canPin ? "a core for the server, a core for the receiver" : "processes not pinned to cores: read the ratios with care"}`,
      "                 max (ours)          stock Socket.IO     ws, shared buffer   ours to stock   ours to ws",
      "subscr. events     rate      cpu       rate      cpu       rate      cpu   rate     cpu    rate     cpu",
      ...rows.map(formatRow),
      await measureAlone(plan),
      ...openings,
    ],
    hash: hash.digest("hex"),
  };
}
