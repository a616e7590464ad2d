/**
 * The fan-out benchmark: how many deliveries a second one core makes, and what a delivery costs.
 *
 * Ours, stock Socket.IO and plain ws with one shared buffer, each server on one core and its receiver on
 * the other, take turns within one run, because machines drift by more than the servers differ: read the
 * ratios. A delivery is one event at one subscriber; it counts when the tick's last subscriber has it.
 *
 * What is compared takes turns: connections are opened in slices, a few at one server, then at the next, and what a
 * delivery costs by the number of subscribers is measured at servers of one kind that all have their subscribers.
 * Each is warm again before it is measured, since servers that take turns drive each other out of the processor's
 * caches. How much of the growth is the kernel's, ws shows.
 */
import { createHash } from "node:crypto";
import type { BenchResult } from "./bench.js";
import {
  type ReceiverCommand,
  type ReceiverReport,
  type ServerCommand,
  type ServerKind,
  type ServerPorts,
  type ServerReport,
  serverKinds,
} from "./fanout-messages.js";
import { BenchProcess, canPin } from "./bench-process.js";
import { median } from "../realism/statistics.js";

interface Plan {
  readonly subscribers: readonly number[];
  readonly eventsPerTick: readonly number[];
  /** Connections are opened in this many slices, the servers taking turns. */
  readonly openingSlices: number;
  readonly rounds: number;
  readonly durationMsMin: number;
  /** The first ticks of each run are hashed; no run has fewer. */
  readonly ticksMin: number;
  /** A run before the rounds that is not counted: code is compiled, buffers grow. */
  readonly warmupMs: number;
  readonly growth: Growth;
}

/** Servers of one kind, each with its own number of subscribers. */
interface Growth extends Pick<Plan, "rounds" | "durationMsMin" | "ticksMin" | "warmupMs"> {
  readonly eventsPerTick: number;
}

const plans: Record<"tiny" | "full", Plan> = {
  tiny: {
    subscribers: [20],
    eventsPerTick: [1, 12],
    openingSlices: 2,
    rounds: 1,
    durationMsMin: 20,
    ticksMin: 5,
    warmupMs: 0,
    growth: { eventsPerTick: 12, rounds: 1, durationMsMin: 20, ticksMin: 5, warmupMs: 0 },
  },
  full: {
    subscribers: [100, 1_000, 10_000],
    eventsPerTick: [1, 12, 48],
    openingSlices: 20,
    rounds: 5,
    // A tick to 10,000 takes a tenth of a second, and the first few after the others' turn find everything cold.
    durationMsMin: 1500,
    ticksMin: 2,
    warmupMs: 500,
    growth: { eventsPerTick: 12, rounds: 9, durationMsMin: 1500, ticksMin: 2, warmupMs: 500 },
  },
};

const serverCore = 0;
const receiverCore = 1;
const settleMs = 500;

type ServerProcess = BenchProcess<ServerCommand, ServerReport>;
type ReceiverProcess = BenchProcess<ReceiverCommand, ReceiverReport>;

/** A server with its receiver. */
interface Pair {
  readonly kind: ServerKind;
  readonly server: ServerProcess;
  readonly receiver: ReceiverProcess;
  readonly ports: ServerPorts;
}

/** How long it took until this many subscribers were connected to each server. */
interface Opening {
  readonly subscribers: number;
  readonly ms: Record<ServerKind, number>;
}

interface Measurement {
  readonly deliveriesPerSecond: number;
  readonly cpuUsPerDelivery: number;
  readonly bytesPerDelivery: number;
  readonly hash: string;
}

async function startPair(kind: ServerKind): Promise<Pair> {
  const server: ServerProcess = new BenchProcess("fanout-server", serverCore, [kind]);
  const receiver: ReceiverProcess = new BenchProcess("fanout-receiver", receiverCore);
  return { kind, server, receiver, ports: await server.ask(null, "ports") };
}

/** Connects more subscribers, and says in how many milliseconds. */
async function open({ kind, receiver, ports }: Pair, subscribers: number): Promise<number> {
  return (await receiver.ask({ open: { kind, ...ports, subscribers } }, "opened")).wallMs;
}

/** Connects this many subscribers to each server, in slices that take turns. Milliseconds in all, by server. */
async function openInTurn(pairs: readonly Pair[], subscribers: number, slices: number): Promise<Opening> {
  const opening: Opening = { subscribers, ms: { max: 0, stock: 0, ws: 0 } };
  for (let slice = 0; slice < slices; slice++) {
    const count = Math.floor((subscribers * (slice + 1)) / slices) - Math.floor((subscribers * slice) / slices);
    for (const pair of slice % 2 === 0 ? pairs : pairs.toReversed()) opening.ms[pair.kind] += await open(pair, count);
  }
  return opening;
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

/** A server with its subscribers, what they hold, and what a delivery costs in each round. */
interface Grown {
  readonly pair: Pair;
  readonly subscribers: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly costsUs: number[];
}

async function grow(pair: Pair, subscribers: number): Promise<Grown> {
  const before = await pair.server.ask({ memory: true }, "memory");
  await open(pair, subscribers);
  await new Promise((resolve) => void setTimeout(resolve, Math.min(settleMs, subscribers)));
  const after = await pair.server.ask({ memory: true }, "memory");
  return {
    pair,
    subscribers,
    residentBytes: (after.rssBytes - before.rssBytes) / subscribers,
    heapBytes: (after.heapBytes - before.heapBytes) / subscribers,
    costsUs: [],
  };
}

/** By the number of subscribers: what a delivery costs, and what a connection holds. */
async function measureGrowth(kind: ServerKind, { subscribers: counts, growth }: Plan): Promise<string> {
  const { eventsPerTick, rounds, warmupMs } = growth;
  const pairs: Pair[] = [];
  try {
    const servers: Grown[] = [];
    for (const subscribers of counts) {
      pairs.push(await startPair(kind));
      servers.push(await grow(pairs[pairs.length - 1], subscribers));
    }
    const warmup = { durationMsMin: warmupMs, ticksMin: 1 };
    for (let round = 0; round < rounds; round++) {
      for (const { pair, subscribers, costsUs } of round % 2 === 0 ? servers : servers.toReversed()) {
        if (warmupMs > 0) await measure(pair, subscribers, eventsPerTick, warmup);
        costsUs.push((await measure(pair, subscribers, eventsPerTick, growth)).cpuUsPerDelivery);
      }
    }
    return formatGrowth(kind, servers);
  } finally {
    await Promise.all(pairs.map(closePair));
  }
}

/** Medians over the rounds; what is compared was measured in the same round. */
function formatGrowth(kind: ServerKind, servers: readonly Grown[]): string {
  const each = (digits: number, figure: (server: Grown) => number) =>
    servers.map((server) => figure(server).toFixed(digits)).join(", ");
  const differences = servers[0].costsUs.map((_, round) => {
    const costs = servers.map(({ costsUs }) => costsUs[round]);
    return (Math.max(...costs) / Math.min(...costs) - 1) * 100;
  });
  return [
    `${kind.padEnd(6)} a delivery ${each(2, ({ costsUs }) => median(costsUs))} µs, a difference of ${median(differences).toFixed(0)} %`,
    `a connection ${each(1, ({ residentBytes }) => residentBytes / 1024)} KiB resident, ${each(1, ({ heapBytes }) => heapBytes / 1024)} KiB of it heap and buffers`,
  ].join("; ");
}

function formatOpening({ subscribers, ms }: Opening): string {
  const each = serverKinds.map(
    (kind) => `${kind} ${ms[kind].toFixed(0)} ms (${(ms[kind] / ms.stock).toFixed(2)} of stock)`,
  );
  return `${subscribers} subscribers opened: ${each.join(", ")}`;
}

async function closePair({ server, receiver }: Pair): Promise<void> {
  await Promise.all([receiver.stop(), server.stop()]);
}

/** Compares the three servers; throws when they did not all send the same. */
export async function run(size: "tiny" | "full"): Promise<BenchResult> {
  const plan = plans[size];
  const rows: Row[] = [];
  const openings: Opening[] = [];
  for (const subscribers of plan.subscribers) {
    const pairs: Pair[] = [];
    try {
      for (const kind of serverKinds) pairs.push(await startPair(kind));
      openings.push(await openInTurn(pairs, subscribers, plan.openingSlices));
      for (const eventsPerTick of plan.eventsPerTick)
        rows.push(await measureRow(pairs, subscribers, eventsPerTick, plan));
    } finally {
      await Promise.all(pairs.map(closePair));
    }
  }
  const growths: string[] = [];
  for (const kind of serverKinds) growths.push(await measureGrowth(kind, plan));
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
      `opened in ${plan.openingSlices} slices, the servers taking turns`,
      ...openings.map(formatOpening),
      `by subscribers (${plan.subscribers.join(", ")}), ${plan.growth.eventsPerTick} events a tick; medians of ${plan.growth.rounds} rounds`,
      ...growths,
    ],
    hash: hash.digest("hex"),
  };
}
