/**
 * The subscribers benchmark: how many deliveries a second one load-generating core can take.
 *
 * The load test's thin subscribers, with every delivery compared, timed and counted, against ws with
 * `JSON.parse` and socket.io-client, which only count; and thin ones that take the stream compressed. All get the same bytes from the same sender, in turns
 * within one run, because machines drift: read the ratios.
 */
import { createHash } from "node:crypto";
import { BenchProcess, describePinning } from "./bench-process.js";
import { type BenchResult, type BenchSize, cell, medianOf, requireEqual, takeTurns } from "./report.js";
import type { ReceiverKind } from "./subscribers-receiver.js";
import type { BenchScenario } from "./subscribers-sender.js";

export interface Workload {
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

const sizes: Readonly<Record<BenchSize, Size>> = {
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

const receiverKinds: readonly ReceiverKind[] = ["thin", "thin, deflate", "ws", "socket.io-client"];
const senderCore = 0;
const receiverCore = 1;

export interface Measurement {
  readonly deliveries: number;
  readonly wallMs: number;
  /** Processor time of the receiver. */
  readonly cpuUs: number;
  readonly bytesPerSubscriber: number;
  readonly hash: string;
}

/** One receiver and a sender of its own, once. */
export async function measure(
  kind: ReceiverKind,
  { scenario, subscribers }: Workload,
  size: Pick<Size, "durationMsMin" | "ticksMin">,
): Promise<Measurement> {
  const { durationMsMin, ticksMin } = size;
  type Sender = typeof import("./subscribers-sender.js").handlers;
  type Receiver = typeof import("./subscribers-receiver.js").handlers;
  const sender = new BenchProcess<Sender>("subscribers-sender", senderCore);
  const receiver = new BenchProcess<Receiver>("subscribers-receiver", receiverCore);
  try {
    const { server: serverPort, control: controlPort } = await sender.call("start");
    const bytesPerSubscriber = await receiver.call("open", { kind, serverPort, controlPort, subscribers, scenario });
    await receiver.call("begin");
    const { ticks, wallMs } = await sender.call("run", { scenario, durationMsMin, ticksMin });
    const finished = await receiver.call("finish", { ticks, hashedTicks: ticksMin });
    return { ...finished, wallMs, bytesPerSubscriber };
  } finally {
    await Promise.all([receiver.stop(), sender.stop()]);
  }
}

type Round = Readonly<Record<ReceiverKind, Measurement>>;

const perSecond = ({ deliveries, wallMs }: Measurement): number => deliveries / (wallMs / 1000);
/** What the core would take if the sender never made it wait. */
export const perCpuSecond = ({ deliveries, cpuUs }: Measurement): number => deliveries / (cpuUs / 1e6);

function formatRow(kind: ReceiverKind, { scenario, subscribers }: Workload, rounds: readonly Round[]): string {
  const rates = [perSecond, perCpuSecond].map((rate) => {
    const thousands = medianOf(rounds, (round) => rate(round[kind]) / 1000);
    const ratio = medianOf(rounds, (round) => rate(round.thin) / rate(round[kind]));
    return `${cell(thousands, 0, 8)} k ${cell(ratio, 1, 6)}x`;
  });
  const memory = cell(
    medianOf(rounds, (round) => round[kind].bytesPerSubscriber / 1024),
    1,
    7,
  );
  return `${scenario.padEnd(11)} ${kind.padEnd(16)} ${cell(subscribers, 0, 6)} ${rates.join(" ")} ${memory} KiB`;
}

/** Compares the three receivers; rejects when they did not all get the same, or the thin ones found a fault. */
export async function run(name: BenchSize): Promise<BenchResult> {
  const size = sizes[name];
  const hash = createHash("sha256");
  const rows: string[] = [];
  for (const workload of size.workloads) {
    const rounds = await takeTurns(receiverKinds, size, (kind) => measure(kind, workload, size));
    const hashes = rounds.flatMap((round) => Object.values(round).map((measured) => measured.hash));
    hash.update(requireEqual(hashes, "bytes that the receivers got"));
    rows.push(...receiverKinds.map((kind) => formatRow(kind, workload, rounds)));
  }
  return {
    name: "subscribers: deliveries a second into one core",
    lines: [
      `${size.rounds} rounds, medians; ${describePinning("sender", "receiver")}`,
      "ticks of    receiver         subscr.   a second  thin a CPU second  thin   memory each",
      ...rows,
    ],
    hash: hash.digest("hex"),
  };
}
