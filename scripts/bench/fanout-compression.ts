/**
 * The fan-out with compression: bytes, processor time and memory for each delivery or connection, ours with and without
 * the shared deflate stream, stock Socket.IO with and without a deflate stream for each connection.
 *
 * All subscribers offer permessage-deflate, and the first of them inflates what it gets: all servers send the same.
 */
import type { FanoutServer } from "./fanout-server.js";
import { type Measurement, withPairs } from "./fanout-pair.js";
import { type BenchSize, cell, medianOf, requireEqual, takeTurns } from "./report.js";
import type { Span } from "./tick-loop.js";

interface Plan extends Span {
  readonly subscribers: readonly number[];
  readonly sets: number;
  readonly rounds: number;
  readonly warmupMs: number;
}

const plans: Record<BenchSize, Plan> = {
  tiny: { subscribers: [20], sets: 1, rounds: 1, durationMsMin: 20, ticksMin: 5, warmupMs: 20 },
  full: { subscribers: [100, 1_000, 10_000], sets: 2, rounds: 3, durationMsMin: 1_000, ticksMin: 2, warmupMs: 500 },
};

const eventsPerTick = 12;
/** Beyond, its deflate streams take more memory than a machine of CI has. */
const stockDeflateMax = 1_000;

const servers = {
  "max, off": { kind: "max", compression: "off" },
  "max, on": { kind: "max", compression: "on" },
  "stock, off": { kind: "stock", compression: "off" },
  "stock, on": { kind: "stock", compression: "on" },
} as const satisfies Record<string, FanoutServer>;
type Name = keyof typeof servers;

interface Measured extends Measurement {
  /** Of the server, for each connection, once ticks were sent: heap and buffers; deflate streams are resident only. */
  readonly heapBytes: number;
  readonly residentBytes: number;
}

async function measureSet(names: readonly Name[], subscribers: number, plan: Plan): Promise<Record<Name, Measured>[]> {
  const chosen = Object.fromEntries(names.map((name) => [name, servers[name]])) as Record<Name, FanoutServer>;
  return withPairs(chosen, async (pairs) => {
    const before = new Map<Name, { readonly heap: number; readonly resident: number }>();
    for (const name of names) {
      before.set(name, await pairs[name].memory());
      await pairs[name].open(subscribers);
    }
    return takeTurns(names, plan, async (name) => {
      await pairs[name].warm(eventsPerTick, plan.warmupMs);
      const measured = await pairs[name].measure(eventsPerTick, plan);
      const [held, opened] = [await pairs[name].memory(), before.get(name)!];
      const heapBytes = (held.heap - opened.heap) / subscribers;
      return { ...measured, heapBytes, residentBytes: (held.resident - opened.resident) / subscribers };
    });
  });
}

/** Lines of a table, and the hash of what all servers sent. */
export async function measureCompression(
  size: BenchSize,
): Promise<{ readonly lines: string[]; readonly hash: string }> {
  const plan = plans[size];
  const lines: string[] = [];
  const hashes: string[] = [];
  for (const subscribers of plan.subscribers) {
    const all = Object.keys(servers) as Name[];
    const names = all.filter((name) => name !== "stock, on" || subscribers <= stockDeflateMax);
    const rounds: Record<Name, Measured>[] = [];
    for (let set = 0; set < plan.sets; set++) rounds.push(...(await measureSet(names, subscribers, plan)));
    hashes.push(
      requireEqual(
        rounds.flatMap((round) => Object.values(round).map(({ hash }) => hash)),
        "bytes",
      ),
    );
    const bytes = (name: Name): number => medianOf(rounds, (round) => round[name].bytesPerDelivery);
    for (const name of names) {
      const of = (figure: (measured: Measured) => number): number => medianOf(rounds, (round) => figure(round[name]));
      const cells = [
        cell(bytes(name), 1, 8),
        `${cell(bytes("stock, off") / bytes(name), 1, 6)}x`,
        `${cell(
          of(({ cpuUsPerDelivery }) => cpuUsPerDelivery),
          2,
          8,
        )} µs`,
        `${cell(
          of(({ deliveriesPerSecond }) => deliveriesPerSecond / 1000),
          0,
          6,
        )} k/s`,
        `${cell(
          of(({ heapBytes }) => heapBytes / 1024),
          2,
          7,
        )}, ${cell(
          of(({ residentBytes }) => residentBytes / 1024),
          1,
          6,
        )} KiB`,
      ];
      lines.push(`${cell(subscribers, 0, 6)} ${name.padEnd(10)} ${cells.join(" ")}`);
    }
    if (size === "full") process.stderr.write(`${lines.slice(-names.length).join("\n")}\n`);
  }
  const title = `compression, ${eventsPerTick} events a tick; stock compresses for up to ${stockDeflateMax} subscribers: it holds a deflate stream for each`;
  const head = "subscr. server        bytes  fewer         cpu       rate  a connection's heap, resident memory";
  return { lines: [title, head, ...lines], hash: hashes.join() };
}
