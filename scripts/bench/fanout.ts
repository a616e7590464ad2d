/**
 * The fan-out benchmark: how many deliveries a second one core makes, and what a delivery costs.
 *
 * Ours, stock Socket.IO and plain ws with one shared buffer, each server on one core and its receiver on
 * the other, take turns within one run, because machines drift by more than the servers differ: read the
 * ratios. A delivery is one event at one subscriber; it counts when the tick's last subscriber has it.
 * Where a process lies in memory makes it faster or slower for as long as it lives, so the servers are started anew
 * for each set of rounds.
 */
import { createHash } from "node:crypto";
import type { BenchResult } from "./bench.js";
import { canPin } from "./bench-process.js";
import { type Growth, measureGrowth } from "./fanout-growth.js";
import { type ServerKind, serverKinds } from "./fanout-messages.js";
import { type Opening, formatOpenings, openInTurn } from "./fanout-opening.js";
import { FanoutPair, type Measurement, type Span } from "./fanout-pair.js";
import { median } from "../realism/statistics.js";

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
  readonly growth: Omit<Growth, "subscribers">;
}

const plans: Record<"tiny" | "full", Plan> = {
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

type Round = Record<ServerKind, Measurement>;

/** One line of the table: all rounds of one number of subscribers and one number of events. */
interface Row {
  readonly subscribers: number;
  readonly eventsPerTick: number;
  readonly rounds: Round[];
}

async function measureRounds(pairs: readonly FanoutPair[], eventsPerTick: number, plan: Plan): Promise<Round[]> {
  const rounds: Round[] = [];
  for (const pair of pairs) await pair.warm(eventsPerTick, plan.warmupMs);
  for (let round = 0; round < plan.rounds; round++) {
    const results = new Map<ServerKind, Measurement>();
    for (const pair of pairs) results.set(pair.kind, await pair.measure(eventsPerTick, plan));
    rounds.push(Object.fromEntries(results) as Round);
  }
  return rounds;
}

/** Starts all servers, connects their subscribers, and adds what was measured to the rows. */
async function measureSet(subscribers: number, rows: readonly Row[], plan: Plan): Promise<Opening> {
  const pairs = serverKinds.map((kind) => new FanoutPair(kind));
  try {
    for (const pair of pairs) await pair.start();
    const opening = await openInTurn(pairs, subscribers, plan.openingSlices);
    for (const { eventsPerTick, rounds } of rows) rounds.push(...(await measureRounds(pairs, eventsPerTick, plan)));
    return opening;
  } finally {
    await Promise.all(pairs.map((pair) => pair.stop()));
  }
}

/** The hash of what all servers sent. */
function onlyHash({ subscribers, rounds }: Row): string {
  const hashes = new Set(rounds.flatMap((round) => Object.values(round).map(({ hash }) => hash)));
  if (hashes.size !== 1) throw new Error(`the servers did not send the same bytes to ${subscribers} subscribers`);
  return rounds[0].max.hash;
}

function medianOf({ rounds }: Row, kind: ServerKind, figure: "deliveriesPerSecond" | "cpuUsPerDelivery"): number {
  return median(rounds.map((round) => round[kind][figure]));
}

/** Medians over the rounds of ours against another server's in the same round: by rate, and by cost. */
function ratios({ rounds }: Row, other: ServerKind): string {
  const byRate = median(rounds.map((round) => round.max.deliveriesPerSecond / round[other].deliveriesPerSecond));
  const byCost = median(rounds.map((round) => round[other].cpuUsPerDelivery / round.max.cpuUsPerDelivery));
  return `${byRate.toFixed(2).padStart(6)}x ${byCost.toFixed(2).padStart(6)}x`;
}

function formatRow(row: Row): string {
  const rates = serverKinds.map((kind) => {
    const thousands = medianOf(row, kind, "deliveriesPerSecond") / 1000;
    return `${thousands.toFixed(0).padStart(7)} k/s ${medianOf(row, kind, "cpuUsPerDelivery").toFixed(2).padStart(6)} µs`;
  });
  return `${String(row.subscribers).padStart(6)} ${String(row.eventsPerTick).padStart(4)} ${rates.join(" ")} ${ratios(row, "stock")} ${ratios(row, "ws")}`;
}

/** Compares the three servers; throws when they did not all send the same. */
export async function run(size: "tiny" | "full"): Promise<BenchResult> {
  const plan = plans[size];
  const rows: Row[] = [];
  const openings: Opening[] = [];
  for (const subscribers of plan.subscribers) {
    const ofCount: Row[] = plan.eventsPerTick.map((eventsPerTick) => ({ subscribers, eventsPerTick, rounds: [] }));
    for (let set = 0; set < plan.sets; set++) openings.push(await measureSet(subscribers, ofCount, plan));
    if (size === "full") process.stderr.write(ofCount.map((row) => `${formatRow(row)}\n`).join(""));
    rows.push(...ofCount);
  }
  const growths: string[] = [];
  for (const kind of serverKinds) {
    growths.push(await measureGrowth(kind, { ...plan.growth, subscribers: plan.subscribers }));
  }
  const hash = createHash("sha256");
  for (const row of rows) hash.update(onlyHash(row));
  const bytes = median(rows.map(({ rounds }) => rounds[0].max.bytesPerDelivery));
  const counts = plan.subscribers.join(", ");
  return {
    name: "fan-out: deliveries a second from one core",
    lines: [
      `${plan.sets} sets of ${plan.rounds} rounds, medians; ${bytes.toFixed(0)} bytes a delivery; ${canPin ? "a core for the server, a core for the receiver" : "processes not pinned to cores: read the ratios with care"}`,
      "                 max (ours)          stock Socket.IO     ws, shared buffer   ours to stock   ours to ws",
      "subscr. events     rate      cpu       rate      cpu       rate      cpu   rate     cpu    rate     cpu",
      ...rows.map(formatRow),
      `connections (${counts} of them), opened in ${plan.openingSlices} slices by turns`,
      ...formatOpenings(openings),
      `growth (${counts} subscribers), ${plan.growth.eventsPerTick} events a tick, medians of ${plan.growth.rounds} rounds`,
      ...growths,
    ],
    hash: hash.digest("hex"),
  };
}
