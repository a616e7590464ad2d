/**
 * The fan-out benchmark: how many deliveries a second one core makes, and what a delivery costs.
 *
 * Ours, stock Socket.IO and plain ws with one shared buffer, each server on one core and its receiver on the other,
 * take turns: read the ratios. A delivery is one event at one subscriber; it counts when the tick's last subscriber has
 * it. Where a process lies in memory makes it faster or slower for as long as it lives, so the servers are started anew
 * for each set of rounds.
 */
import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { median } from "../realism/statistics.js";
import { BenchProcess, describePinning } from "./bench-process.js";
import type { ServerKind } from "./fanout-server.js";
import { type BenchResult, type BenchSize, cell, medianOf, requireEqual, takeTurns } from "./report.js";
import type { ServerPorts, Span } from "./tick-loop.js";

interface GrowthPlan extends Span {
  readonly eventsPerTick: number;
  readonly rounds: number;
  /** Before each measurement: servers that take turns drive each other out of the processor's caches. */
  readonly warmupMs: number;
}

interface Plan extends Span {
  readonly subscribers: readonly number[];
  readonly eventsPerTick: readonly number[];
  /** How often the servers are started anew. */
  readonly sets: number;
  readonly openingSlices: number;
  /** In each set. */
  readonly rounds: number;
  /** Before the rounds of a set. */
  readonly warmupMs: number;
  readonly growth: GrowthPlan;
}

const plans: Record<BenchSize, Plan> = {
  tiny: {
    subscribers: [20],
    eventsPerTick: [1, 12],
    sets: 1,
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
    sets: 3,
    openingSlices: 20,
    rounds: 3,
    // A tick to 10,000 takes a tenth of a second, and the first few after the others' turn find everything cold.
    durationMsMin: 1000,
    ticksMin: 2,
    warmupMs: 500,
    growth: { eventsPerTick: 12, rounds: 9, durationMsMin: 1000, ticksMin: 2, warmupMs: 500 },
  },
};

const serverKinds: readonly ServerKind[] = ["max", "stock", "ws"];
const serverCore = 0;
const receiverCore = 1;
const settleMs = 500;

interface Measurement {
  readonly deliveriesPerSecond: number;
  readonly cpuUsPerDelivery: number;
  readonly bytesPerDelivery: number;
  readonly hash: string;
}

/** A server on one core, and its receiver on another. */
class FanoutPair {
  readonly #server = new BenchProcess<typeof import("./fanout-server.js").handlers>("fanout-server", serverCore);
  readonly #receiver = new BenchProcess<typeof import("./receiver.js").handlers>("receiver", receiverCore);
  readonly #kind: ServerKind;
  #ports: ServerPorts = { server: 0, control: 0 };
  #subscribers = 0;

  constructor(kind: ServerKind) {
    this.#kind = kind;
  }

  /** Resolves when the server listens. */
  async start(): Promise<void> {
    this.#ports = await this.#server.call("start", this.#kind);
  }

  /** Connects more subscribers; returns in how many milliseconds. */
  async open(subscribers: number): Promise<number> {
    const { server: port, control: controlPort } = this.#ports;
    const isSocketIo = this.#kind !== "ws";
    this.#subscribers += subscribers;
    return await this.#receiver.call("open", { port, controlPort, isSocketIo, subscribers });
  }

  /** Bytes that the server holds. */
  memory(): Promise<{ readonly resident: number; readonly heap: number }> {
    return this.#server.call("memory");
  }

  /** Broadcasts to all subscribers; rejects when not every event reached every one of them. */
  async measure(eventsPerTick: number, { durationMsMin, ticksMin }: Span): Promise<Measurement> {
    const subscribers = this.#subscribers;
    await this.#receiver.call("expectTicks", { eventsPerTick, hashedTicks: ticksMin });
    const order = { subscribers, eventsPerTick, durationMsMin, ticksMin };
    const { ticks, wallMs, cpuUs } = await this.#server.call("run", order);
    const { hash, frames, bytes } = await this.#receiver.call("countedTicks");
    const deliveries = ticks * eventsPerTick * subscribers;
    if (frames !== deliveries) throw new Error(`${deliveries} deliveries were sent, ${frames} arrived`);
    return {
      deliveriesPerSecond: deliveries / (wallMs / 1000),
      cpuUsPerDelivery: cpuUs / deliveries,
      bytesPerDelivery: bytes / deliveries,
      hash,
    };
  }

  /** Broadcasts, and counts nothing: code is compiled, buffers grow, caches are filled. */
  async warm(eventsPerTick: number, durationMsMin: number): Promise<void> {
    if (durationMsMin > 0) await this.measure(eventsPerTick, { durationMsMin, ticksMin: 1 });
  }

  async stop(): Promise<void> {
    await Promise.all([this.#receiver.stop(), this.#server.stop()]);
  }
}

/** Starts pairs for as long as they are worked with. */
async function withPairs<Name extends string, Result>(
  kinds: Readonly<Record<Name, ServerKind>>,
  work: (pairs: Record<Name, FanoutPair>) => Promise<Result>,
): Promise<Result> {
  const entries = (Object.entries(kinds) as [Name, ServerKind][]).map(
    ([name, kind]) => [name, new FanoutPair(kind)] as const,
  );
  try {
    for (const [, pair] of entries) await pair.start();
    return await work(Object.fromEntries(entries) as Record<Name, FanoutPair>);
  } finally {
    await Promise.all(entries.map(([, pair]) => pair.stop()));
  }
}

type ByKind<Value> = Record<ServerKind, Value>;

/** How long connections took to open, and what each of them holds. */
interface Opened {
  readonly ms: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

/** What was measured with one number of subscribers. */
interface Series {
  readonly subscribers: number;
  /** One for each set. */
  readonly openings: ByKind<Opened>[];
  readonly rows: readonly Row[];
}

/** One line of the table: all rounds of one number of events. */
interface Row {
  readonly subscribers: number;
  readonly eventsPerTick: number;
  readonly rounds: ByKind<Measurement>[];
}

/**
 * Connects this many subscribers to each server, a few at one, then at the next: a machine that slows down does so for
 * all of them, where minutes between two servers would show the machine instead.
 */
async function openInTurn(pairs: ByKind<FanoutPair>, subscribers: number, slices: number): Promise<ByKind<Opened>> {
  const memory = async () => await Promise.all(serverKinds.map((kind) => pairs[kind].memory()));
  const before = await memory();
  const countUpTo = (slice: number) => Math.floor((subscribers * slice) / slices);
  const turns = { rounds: slices, alternating: true };
  const spentMs = await takeTurns(serverKinds, turns, (kind, slice) =>
    pairs[kind].open(countUpTo(slice + 1) - countUpTo(slice)),
  );
  await wait(Math.min(settleMs, subscribers));
  const after = await memory();
  const opened = serverKinds.map((kind, at): [ServerKind, Opened] => [
    kind,
    {
      ms: spentMs.reduce((sum, slice) => sum + slice[kind], 0),
      residentBytes: (after[at]!.resident - before[at]!.resident) / subscribers,
      heapBytes: (after[at]!.heap - before[at]!.heap) / subscribers,
    },
  ]);
  return Object.fromEntries(opened) as ByKind<Opened>;
}

/** Starts all servers, connects their subscribers, and adds what was measured to the series. */
async function measureSet({ subscribers, openings, rows }: Series, plan: Plan): Promise<void> {
  await withPairs({ max: "max", stock: "stock", ws: "ws" }, async (pairs) => {
    openings.push(await openInTurn(pairs, subscribers, plan.openingSlices));
    for (const { eventsPerTick, rounds } of rows) {
      for (const kind of serverKinds) await pairs[kind].warm(eventsPerTick, plan.warmupMs);
      const measure = (kind: ServerKind) => pairs[kind].measure(eventsPerTick, plan);
      rounds.push(...(await takeTurns(serverKinds, { rounds: plan.rounds }, measure)));
    }
  });
}

async function measureSeries(subscribers: number, plan: Plan): Promise<Series> {
  const rows = plan.eventsPerTick.map((eventsPerTick): Row => ({ subscribers, eventsPerTick, rounds: [] }));
  const series: Series = { subscribers, openings: [], rows };
  for (let set = 0; set < plan.sets; set++) await measureSet(series, plan);
  return series;
}

/**
 * What a delivery costs by the number of subscribers: servers of one kind, each with its own number, take turns. How
 * much of the growth is the kernel's, plain ws shows.
 */
async function measureGrowth(kind: ServerKind, { subscribers, growth }: Plan): Promise<string> {
  const { eventsPerTick, rounds, warmupMs } = growth;
  const names = subscribers.map(String);
  const costsUs = await withPairs(Object.fromEntries(names.map((name) => [name, kind])), async (pairs) => {
    for (const name of names) await pairs[name]!.open(Number(name));
    return await takeTurns(names, { rounds, alternating: true }, async (name) => {
      const pair = pairs[name]!;
      await pair.warm(eventsPerTick, warmupMs);
      return (await pair.measure(eventsPerTick, growth)).cpuUsPerDelivery;
    });
  });
  const costs = names.map((name) => medianOf(costsUs, (round) => round[name]!).toFixed(2)).join(", ");
  const difference = medianOf(costsUs, (round) => {
    const ofRound = Object.values(round);
    return (Math.max(...ofRound) / Math.min(...ofRound) - 1) * 100;
  });
  return `${kind.padEnd(6)} a delivery ${costs} µs, a difference of ${difference.toFixed(0)} %`;
}

function formatRow({ subscribers, eventsPerTick, rounds }: Row): string {
  const rates = serverKinds.map((kind) => {
    const thousands = medianOf(rounds, (round) => round[kind].deliveriesPerSecond / 1000);
    return `${cell(thousands, 0, 7)} k/s ${cell(
      medianOf(rounds, (round) => round[kind].cpuUsPerDelivery),
      2,
      6,
    )} µs`;
  });
  // Ours to another server's in the same round: by rate, and by cost.
  const ratios = (["stock", "ws"] as const).flatMap((other) => [
    medianOf(rounds, ({ max, [other]: peer }) => max.deliveriesPerSecond / peer.deliveriesPerSecond),
    medianOf(rounds, ({ max, [other]: peer }) => peer.cpuUsPerDelivery / max.cpuUsPerDelivery),
  ]);
  const cells = [...rates, ...ratios.map((ratio) => `${cell(ratio, 2, 6)}x`)];
  return `${cell(subscribers, 0, 6)} ${cell(eventsPerTick, 0, 4)} ${cells.join(" ")}`;
}

/** Medians over the sets, for each number of subscribers. */
function formatOpenings(series: readonly Series[]): string[] {
  return serverKinds.map((kind) => {
    const each = (digits: number, figure: (opening: ByKind<Opened>) => number): string =>
      series.map(({ openings }) => medianOf(openings, figure).toFixed(digits)).join(", ");
    return [
      `${kind.padEnd(6)} opened in ${each(0, (opening) => opening[kind].ms)} ms`,
      `${each(2, (opening) => opening[kind].ms / opening.stock.ms)} of stock`,
      `a connection ${each(1, (opening) => opening[kind].residentBytes / 1024)} KiB resident`,
      `${each(1, (opening) => opening[kind].heapBytes / 1024)} KiB of it heap and buffers`,
    ].join("; ");
  });
}

/** Compares the three servers; rejects when they did not all send the same. */
export async function run(size: BenchSize): Promise<BenchResult> {
  const plan = plans[size];
  const series: Series[] = [];
  for (const subscribers of plan.subscribers) {
    const measured = await measureSeries(subscribers, plan);
    if (size === "full") process.stderr.write(measured.rows.map((row) => `${formatRow(row)}\n`).join(""));
    series.push(measured);
  }
  const growths: string[] = [];
  for (const kind of serverKinds) growths.push(await measureGrowth(kind, plan));
  const rows = series.flatMap((measured) => measured.rows);
  const hash = createHash("sha256");
  for (const { subscribers, rounds } of rows) {
    const hashes = rounds.flatMap((round) => Object.values(round).map((measured) => measured.hash));
    hash.update(requireEqual(hashes, `bytes that the servers sent to ${subscribers} subscribers`));
  }
  const bytes = median(rows.map(({ rounds }) => rounds[0]!.max.bytesPerDelivery));
  const counts = plan.subscribers.join(", ");
  return {
    name: "fan-out: deliveries a second from one core",
    lines: [
      `${plan.sets} sets of ${plan.rounds} rounds, medians; ${bytes.toFixed(0)} bytes a delivery; ${describePinning("server", "receiver")}`,
      "                 max (ours)          stock Socket.IO     ws, shared buffer   ours to stock   ours to ws",
      "subscr. events     rate      cpu       rate      cpu       rate      cpu   rate     cpu    rate     cpu",
      ...rows.map(formatRow),
      `connections (${counts} of them), opened in ${plan.openingSlices} slices by turns`,
      ...formatOpenings(series),
      `growth (${counts} subscribers), ${plan.growth.eventsPerTick} events a tick, medians of ${plan.growth.rounds} rounds`,
      ...growths,
    ],
    hash: hash.digest("hex"),
  };
}
