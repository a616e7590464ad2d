/**
 * The figures that servers and load generators are compared by, as Markdown: ours beside what others would use, each
 * measured in this run, in turns. What README.md publishes is a copy of it.
 */
import { createHash } from "node:crypto";
import { describePinning } from "./bench-process.js";
import { type Measurement, type Opened, openInTurn, withPairs } from "./fanout-pair.js";
import type { FanoutServer } from "./fanout-server.js";
import { type BenchResult, type BenchSize, medianOf, requireEqual, takeTurns } from "./report.js";
import type { ReceiverKind } from "./subscribers-receiver.js";
import { type Measurement as Received, measure, perCpuSecond } from "./subscribers.js";

const servers = {
  "max-harness, no client compresses": { kind: "max" },
  "max-harness": { kind: "max", compression: "on" },
  "Socket.IO": { kind: "stock" },
  "Socket.IO, perMessageDeflate": { kind: "stock", compression: "on" },
  "ws, one shared buffer": { kind: "ws" },
} as const satisfies Record<string, FanoutServer>;
type ServerName = keyof typeof servers;
const serverNames = Object.keys(servers) as ServerName[];

const receivers = {
  "max loadtest, compressed stream": "thin, deflate",
  "max loadtest": "thin",
  "ws and JSON.parse": "ws",
  "socket.io-client": "socket.io-client",
} as const satisfies Record<string, ReceiverKind>;
type ReceiverName = keyof typeof receivers;
const receiverNames = Object.keys(receivers) as ReceiverName[];

const sizes = {
  tiny: { subscribers: 20, slices: 2, sets: 1, rounds: 1, warmupMs: 0, durationMsMin: 20, ticksMin: 5 },
  full: { subscribers: 1_000, slices: 20, sets: 3, rounds: 3, warmupMs: 500, durationMsMin: 1_000, ticksMin: 5 },
} as const;
const eventsPerTick = 12;

interface ServerSet {
  readonly opened: Record<ServerName, Opened>;
  readonly rounds: readonly Record<ServerName, Measurement>[];
}

async function measureServers(size: BenchSize): Promise<ServerSet> {
  const { subscribers, slices, rounds, warmupMs, ...span } = sizes[size];
  return await withPairs(servers, async (pairs) => ({
    opened: await openInTurn(serverNames, pairs, subscribers, slices),
    rounds: await takeTurns(serverNames, { rounds }, async (name) => {
      await pairs[name].warm(eventsPerTick, warmupMs);
      return await pairs[name].measure(eventsPerTick, span);
    }),
  }));
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? "---" : "---:"))), ...rows.map(line)];
}

function describeServer(name: ServerName, sets: readonly ServerSet[], subscribers: number): string[] {
  const rounds = sets.flatMap((set) => set.rounds);
  const of = (figure: (measured: Measurement) => number): number => medianOf(rounds, (round) => figure(round[name]));
  return [
    name,
    of(({ cpuUsPerDelivery }) => cpuUsPerDelivery).toFixed(2),
    of(({ bytesPerDelivery }) => bytesPerDelivery).toFixed(0),
    of(({ deliveriesPerSecond }) => deliveriesPerSecond / 1000).toFixed(0),
    medianOf(sets, ({ opened }) => opened[name].residentBytes / 1024).toFixed(1),
    medianOf(sets, ({ opened }) => subscribers / (opened[name].ms / 1000)).toFixed(0),
  ];
}

function describeReceiver(name: ReceiverName, rounds: readonly Readonly<Record<ReceiverName, Received>>[]): string[] {
  return [
    name,
    name.startsWith("max") ? "checked" : "counted",
    medianOf(rounds, (round) => perCpuSecond(round[name]) / 1000).toFixed(0),
    medianOf(rounds, (round) => round[name].bytesPerSubscriber / 1024).toFixed(1),
  ];
}

/** Rejects when not all servers sent the same, and not all receivers got the same. */
export async function run(size: BenchSize): Promise<BenchResult> {
  const { subscribers, sets, rounds, durationMsMin, ticksMin } = sizes[size];
  const measured: ServerSet[] = [];
  for (let set = 0; set < sets; set++) measured.push(await measureServers(size));
  const workload = { scenario: "trading-day", subscribers } as const;
  const received = await takeTurns(receiverNames, { rounds }, (name) =>
    measure(receivers[name], workload, { durationMsMin, ticksMin }),
  );
  const sent = measured.flatMap((set) => set.rounds.flatMap((round) => Object.values(round).map(({ hash }) => hash)));
  const got = received.flatMap((round) => Object.values(round).map(({ hash }) => hash));
  const hash = createHash("sha256")
    .update(requireEqual(sent, "bytes that the servers sent"))
    .update(requireEqual(got, "bytes that the receivers got"));
  const serverHead = [
    "server",
    "CPU µs a delivery",
    "bytes a delivery",
    "1,000 deliveries a second",
    "KiB a connection",
    "connections a second",
  ];
  const receiverHead = ["load generator", "each delivery is", "1,000 deliveries a CPU second", "KiB a subscriber"];
  return {
    name: `figures: ${subscribers} subscribers, ${eventsPerTick} events a tick, Node.js ${process.version}, ${describePinning("server", "receiver")}`,
    lines: [
      ...markdown(
        serverHead,
        serverNames.map((name) => describeServer(name, measured, subscribers)),
      ),
      "",
      ...markdown(
        receiverHead,
        receiverNames.map((name) => describeReceiver(name, received)),
      ),
      "",
    ],
    hash: hash.digest("hex"),
  };
}
