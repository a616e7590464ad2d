/**
 * The subscribers benchmark: how many deliveries a second one load-generating core can take.
 *
 * The load test's thin subscribers, with every delivery compared, timed and counted, against ws with
 * `JSON.parse` and socket.io-client, which only count. All get the same bytes from the same sender, in turns
 * within one run, because machines drift: read the ratios.
 */
import { createHash } from "node:crypto";
import type { BenchResult } from "./bench.js";
import { BenchProcess, canPin } from "./bench-process.js";
import {
  type BenchScenario,
  type Finished,
  type Opened,
  type ReceiverCommand,
  type ReceiverKind,
  type ReceiverReport,
  type SenderCommand,
  type SenderReport,
  receiverKinds,
} from "./subscribers-messages.js";
import { median } from "../realism/statistics.js";

interface Workload {
  readonly scenario: BenchScenario;
  readonly subscribers: number;
}

interface Size {
  /**
   * A read costs the same whether it brings a dozen events or a hundred, so ticks of both kinds are shown; and with
   * thousands nothing of a subscriber is in the processor's cache when its turn comes.
   */
  readonly workloads: readonly Workload[];
  readonly rounds: number;
  readonly durationMsMin: number;
  /** The first ticks of each run are hashed; no run has fewer. */
  readonly ticksMin: number;
}

const sizes: Readonly<Record<"tiny" | "full", Size>> = {
  tiny: { workloads: [{ scenario: "trading-day", subscribers: 20 }], rounds: 1, durationMsMin: 20, ticksMin: 5 },
  full: {
    workloads: [
      { scenario: "stress", subscribers: 1000 },
      { scenario: "trading-day", subscribers: 1000 },
      { scenario: "trading-day", subscribers: 5000 },
    ],
    rounds: 3,
    durationMsMin: 3000,
    ticksMin: 5,
  },
};

const senderCore = 0;
const receiverCore = 1;

interface Measurement extends Finished, Opened {
  readonly wallMs: number;
}

async function measure(kind: ReceiverKind, { scenario, subscribers }: Workload, size: Size): Promise<Measurement> {
  const { durationMsMin, ticksMin } = size;
  const sender = new BenchProcess<SenderCommand, SenderReport>("subscribers-sender", senderCore);
  const receiver = new BenchProcess<ReceiverCommand, ReceiverReport>("subscribers-receiver", receiverCore, [kind]);
  try {
    const ports = await sender.ask(null, "port");
    const opened = await receiver.ask({ open: { ...ports, subscribers, scenario } }, "opened");
    await receiver.ask({ expect: true }, "expecting");
    const { ticks, wallMs } = await sender.ask({ run: { scenario, durationMsMin, ticksMin } }, "ran");
    const finished = await receiver.ask({ finish: { ticks, hashedTicks: ticksMin } }, "finished");
    return { ...opened, ...finished, wallMs };
  } finally {
    await Promise.all([receiver.stop(), sender.stop()]);
  }
}

type Round = Readonly<Record<ReceiverKind, Measurement>>;

const perSecond = ({ deliveries, wallMs }: Measurement): number => deliveries / (wallMs / 1000);
/** What the core would take if the sender never made it wait. */
const perCpuSecond = ({ deliveries, cpuUs }: Measurement): number => deliveries / (cpuUs / 1e6);

function formatRow(kind: ReceiverKind, { scenario, subscribers }: Workload, rounds: readonly Round[]): string {
  const of = (figure: (measurement: Measurement) => number) => median(rounds.map((round) => figure(round[kind])));
  const thousands = (figure: (measurement: Measurement) => number) => `${(of(figure) / 1000).toFixed(0).padStart(8)} k`;
  const ratio = (figure: (measurement: Measurement) => number) =>
    `${median(rounds.map((round) => figure(round.thin) / figure(round[kind])))
      .toFixed(1)
      .padStart(6)}x`;
  const memory = (of(({ bytesPerSubscriber }) => bytesPerSubscriber) / 1024).toFixed(1).padStart(7);
  return `${scenario.padEnd(11)} ${kind.padEnd(16)} ${String(subscribers).padStart(6)} ${thousands(perSecond)} ${ratio(perSecond)} ${thousands(perCpuSecond)} ${ratio(perCpuSecond)} ${memory} KiB`;
}

/** Lets the three receivers take turns. */
async function measureRounds(workload: Workload, size: Size): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < size.rounds; round += 1) {
    const results = new Map<ReceiverKind, Measurement>();
    for (const kind of receiverKinds) results.set(kind, await measure(kind, workload, size));
    rounds.push(Object.fromEntries(results) as unknown as Round);
  }
  return rounds;
}

/** Compares the three receivers; throws when they did not all get the same, or the thin ones found a fault. */
export async function run(name: "tiny" | "full"): Promise<BenchResult> {
  const size = sizes[name];
  const hash = createHash("sha256");
  const rows: string[] = [];
  for (const workload of size.workloads) {
    const rounds = await measureRounds(workload, size);
    const [first, ...others] = new Set(
      rounds.flatMap((round) => Object.values(round)).map((measured) => measured.hash),
    );
    if (others.length > 0) throw new Error("the receivers did not all get the same bytes");
    hash.update(first);
    rows.push(...receiverKinds.map((kind) => formatRow(kind, workload, rounds)));
  }
  return {
    name: "subscribers: deliveries a second into one core",
    lines: [
      `${size.rounds} rounds, medians; ${canPin ? "a core for the sender, a core for the receiver" : "processes not pinned to cores: read the ratios with care"}`,
      "ticks of    receiver         subscr.   a second  thin a CPU second  thin   memory each",
      ...rows,
    ],
    hash: hash.digest("hex"),
  };
}
