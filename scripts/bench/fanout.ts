/**
 * The fan-out benchmark: how many deliveries a second one core makes, and what a delivery costs.
 *
 * Ours, stock Socket.IO and plain ws with one shared buffer, each server on one core and its receiver on the other,
 * take turns: read the ratios. A delivery is one event at one subscriber; it counts when the tick's last subscriber has
 * it. Where a process lies in memory makes it faster or slower for as long as it lives, so the servers are started anew
 * for each set of rounds.
 */
import { createHash } from "node:crypto";
import { median } from "../realism/statistics.js";
import { measureCompression } from "./fanout-compression.js";
import { describePinning } from "./bench-process.js";
import { type Measurement, type Opened, openInTurn, withPairs } from "./fanout-pair.js";
import type { ServerKind } from "./fanout-server.js";
import { type BenchResult, type BenchSize, cell, medianOf, requireEqual, takeTurns } from "./report.js";
import type { Span } from "./tick-loop.js";

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

type ByKind<Value> = Record<ServerKind, Value>;

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

/** Starts all servers, connects their subscribers, and adds what was measured to the series. */
async function measureSet({ subscribers, openings, rows }: Series, plan: Plan): Promise<void> {
  await withPairs({ max: { kind: "max" }, stock: { kind: "stock" }, ws: { kind: "ws" } }, async (pairs) => {
    openings.push(await openInTurn(serverKinds, pairs, subscribers, plan.openingSlices));
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
  const costsUs = await withPairs(Object.fromEntries(names.map((name) => [name, { kind }])), async (pairs) => {
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
  const compression = await measureCompression(size);
  const growths: string[] = [];
  for (const kind of serverKinds) growths.push(await measureGrowth(kind, plan));
  const rows = series.flatMap((measured) => measured.rows);
  const hash = createHash("sha256");
  for (const { subscribers, rounds } of rows) {
    const hashes = rounds.flatMap((round) => Object.values(round).map((measured) => measured.hash));
    hash.update(requireEqual(hashes, `bytes that the servers sent to ${subscribers} subscribers`));
  }
  hash.update(compression.hash);
  const bytes = median(rows.map(({ rounds }) => rounds[0]!.max.bytesPerDelivery));
  const counts = plan.subscribers.join(", ");
  return {
    name: "fan-out: deliveries a second from one core",
    lines: [
      `${plan.sets} sets of ${plan.rounds} rounds, medians; ${bytes.toFixed(0)} bytes a delivery; ${describePinning("server", "receiver")}`,
      "                 max (ours)          stock Socket.IO     ws, shared buffer   ours to stock   ours to ws",
      "subscr. events     rate      cpu       rate      cpu       rate      cpu   rate     cpu    rate     cpu",
      ...rows.map(formatRow),
      ...compression.lines,
      `connections (${counts} of them), opened in ${plan.openingSlices} slices by turns`,
      ...formatOpenings(series),
      `growth (${counts} subscribers), ${plan.growth.eventsPerTick} events a tick, medians of ${plan.growth.rounds} rounds`,
      ...growths,
    ],
    hash: hash.digest("hex"),
  };
}

interface BuildPlan extends Span {
  readonly subscribers: readonly number[];
  readonly eventsPerTick: readonly number[];
  readonly sets: number;
  readonly rounds: number;
  readonly warmupMs: number;
}

const buildPlans: Record<BenchSize, BuildPlan> = {
  tiny: {
    subscribers: [20],
    eventsPerTick: [12],
    sets: 1,
    rounds: 1,
    durationMsMin: 20,
    ticksMin: 5,
    warmupMs: 0,
  },
  full: {
    subscribers: [100, 1_000],
    eventsPerTick: [1, 12, 48],
    sets: 4,
    rounds: 5,
    durationMsMin: 500,
    ticksMin: 2,
    warmupMs: 300,
  },
};

/** Compares this build's server with another build's, and with itself once more: what that differs by is chance. */
export async function compare(size: BenchSize, build: string): Promise<BenchResult> {
  const plan = buildPlans[size];
  const servers = { other: { kind: "max", build }, this: { kind: "max" }, again: { kind: "max" } } as const;
  const hash = createHash("sha256");
  const lines: string[] = [];
  for (const subscribers of plan.subscribers) {
    const rows = plan.eventsPerTick.map((eventsPerTick) => ({
      eventsPerTick,
      rounds: [] as Record<keyof typeof servers, Measurement>[],
    }));
    for (let set = 0; set < plan.sets; set++)
      await withPairs(servers, async (pairs) => {
        const names = Object.keys(pairs) as (keyof typeof servers)[];
        for (const name of names) await pairs[name].open(subscribers);
        for (const { eventsPerTick, rounds } of rows) {
          for (const name of names) await pairs[name].warm(eventsPerTick, plan.warmupMs);
          const turns = { rounds: plan.rounds, alternating: true };
          rounds.push(...(await takeTurns(names, turns, (name) => pairs[name].measure(eventsPerTick, plan))));
        }
      });
    for (const { eventsPerTick, rounds } of rows) {
      hash.update(
        requireEqual(
          rounds.flatMap((round) => Object.values(round).map((one) => one.hash)),
          "bytes",
        ),
      );
      const ratio = (to: "other" | "again", figure: (one: Measurement) => number): string =>
        medianOf(rounds, (round) => figure(round.this) / figure(round[to])).toFixed(3);
      const rate = (one: Measurement): number => one.deliveriesPerSecond;
      const perCpu = (one: Measurement): number => 1 / one.cpuUsPerDelivery;
      lines.push(
        `${cell(subscribers, 0, 6)} ${cell(eventsPerTick, 0, 4)}  to the other build: rate ${ratio("other", rate)}, deliveries per processor time ${ratio("other", perCpu)}; to itself: ${ratio("again", rate)}, ${ratio("again", perCpu)}`,
      );
    }
  }
  return {
    name: "fan-out: this build to another one",
    lines: [
      `${plan.sets} sets of ${plan.rounds} rounds, medians; ${describePinning("server", "receiver")}`,
      "subscr. events",
      ...lines,
    ],
    hash: hash.digest("hex"),
  };
}
