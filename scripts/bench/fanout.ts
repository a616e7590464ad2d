/**
 * The fan-out benchmark: how many deliveries a second one core makes, and what a delivery costs.
 *
 * Ours, stock Socket.IO and plain ws with one shared buffer, each server on one core and its receiver on
 * the other, take turns within one run, because machines drift by more than the servers differ: read the
 * ratios. A delivery is one event at one subscriber; it counts when the tick's last subscriber has it.
 *
 * Servers that take turns drive each other out of the processor's caches, the more so the more connections they
 * have. So what a delivery costs by the number of subscribers is measured once more, with one server
 * alone and warm; how much of the growth is the kernel's, ws shows. How long connections take to open, and what
 * each of them holds, is measured there, too.
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
import { BenchProcess, canPin } from "./bench-process.js";
import { median } from "../realism/statistics.js";

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

/** One server without the others, anew for each number of subscribers. */
interface Alone extends Pick<Plan, "rounds" | "durationMsMin" | "ticksMin" | "warmupMs"> {
  readonly eventsPerTick: number;
}

const plans: Record<"tiny" | "full", Plan> = {
  tiny: {
    subscribers: [20],
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
    alone: { eventsPerTick: 12, rounds: 5, durationMsMin: 2000, ticksMin: 2, warmupMs: 3000 },
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

/** What one server does that has the machine to itself. */
interface Solo {
  readonly costUs: number;
  readonly openedMs: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

async function measureSolo(kind: ServerKind, subscribers: number, alone: Alone): Promise<Solo> {
  const { eventsPerTick, warmupMs } = alone;
  const pair = await openPair(kind, subscribers);
  const { openedMs, before, after } = pair;
  try {
    if (warmupMs > 0) await measure(pair, subscribers, eventsPerTick, { durationMsMin: warmupMs, ticksMin: 1 });
    return {
      costUs: (await measure(pair, subscribers, eventsPerTick, alone)).cpuUsPerDelivery,
      openedMs,
      residentBytes: (after.rssBytes - before.rssBytes) / subscribers,
      heapBytes: (after.heapBytes - before.heapBytes) / subscribers,
    };
  } finally {
    await closePair(pair);
  }
}

type Solos = Record<ServerKind, Solo>;

/** Each server alone, by the number of subscribers: what a delivery costs, and what a connection. */
async function measureSolos({ subscribers, alone }: Plan): Promise<string[]> {
  const rounds: Solos[][] = [];
  for (let round = 0; round < alone.rounds; round++) {
    // Whoever comes first finds another machine than who comes last: they change places.
    const kinds = round % 2 === 0 ? serverKinds : serverKinds.toReversed();
    const bySubscribers: Solos[] = [];
    for (const count of subscribers) {
      const solos = new Map<ServerKind, Solo>();
      for (const kind of kinds) solos.set(kind, await measureSolo(kind, count, alone));
      bySubscribers.push(Object.fromEntries(solos) as Solos);
    }
    rounds.push(bySubscribers);
  }
  const title = `alone and warm, ${alone.eventsPerTick} events a tick, with ${subscribers.join(", ")} subscribers; medians of ${alone.rounds}`;
  return [title, ...serverKinds.map((kind) => formatSolos(kind, rounds))];
}

/** Medians over the rounds; what is compared was measured in the same round. */
function formatSolos(kind: ServerKind, rounds: readonly (readonly Solos[])[]): string {
  const each = (unit: string, digits: number, figure: (solos: Solos) => number): string => {
    const medians = rounds[0].map((_, at) => median(rounds.map((round) => figure(round[at]))));
    return `${medians.map((value) => value.toFixed(digits)).join(", ")} ${unit}`;
  };
  const growths = rounds.map((round) => {
    const costs = round.map((solos) => solos[kind].costUs);
    return (Math.max(...costs) / Math.min(...costs) - 1) * 100;
  });
  const kibibytes = (figure: "residentBytes" | "heapBytes") => (solos: Solos) => solos[kind][figure] / 1024;
  return [
    `${kind.padEnd(6)} a delivery ${each("µs", 2, (solos) => solos[kind].costUs)}, a difference of ${median(growths).toFixed(0)} %`,
    `all opened in ${each("ms", 0, (solos) => solos[kind].openedMs)}, ${each("of stock", 2, (solos) => solos[kind].openedMs / solos.stock.openedMs)}`,
    `a connection ${each("KiB resident", 1, kibibytes("residentBytes"))}, ${each("KiB of it heap and buffers", 1, kibibytes("heapBytes"))}`,
  ].join("; ");
}

async function closePair({ server, receiver }: Pair): Promise<void> {
  await Promise.all([receiver.stop(), server.stop()]);
}

/** Compares the three servers; throws when they did not all send the same. */
export async function run(size: "tiny" | "full"): Promise<BenchResult> {
  const plan = plans[size];
  const rows: Row[] = [];
  for (const subscribers of plan.subscribers) {
    const pairs: Pair[] = [];
    try {
      for (const kind of serverKinds) pairs.push(await openPair(kind, subscribers));
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
      ...(await measureSolos(plan)),
    ],
    hash: hash.digest("hex"),
  };
}
