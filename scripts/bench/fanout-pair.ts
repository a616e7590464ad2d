/** A server of the fan-out benchmark on one core, and its receiver on another. */
import { setTimeout as sleep } from "node:timers/promises";
import { BenchProcess } from "./bench-process.js";
import type { FanoutServer } from "./fanout-server.js";
import { takeTurns } from "./report.js";
import type { ServerPorts, Span } from "./tick-loop.js";

const serverCore = 0;
const receiverCore = 1;

export interface Measurement {
  readonly deliveriesPerSecond: number;
  readonly cpuUsPerDelivery: number;
  readonly bytesPerDelivery: number;
  readonly hash: string;
}

export class FanoutPair {
  readonly #server = new BenchProcess<typeof import("./fanout-server.js").handlers>("fanout-server", serverCore);
  readonly #receiver = new BenchProcess<typeof import("./receiver.js").handlers>("receiver", receiverCore);
  readonly #of: FanoutServer;
  #ports: ServerPorts = { server: 0, control: 0 };
  #subscribers = 0;

  constructor(of: FanoutServer) {
    this.#of = of;
  }

  /** Resolves when the server listens. */
  async start(): Promise<void> {
    this.#ports = await this.#server.call("start", this.#of);
  }

  /** Connects more subscribers; returns in how many milliseconds. */
  async open(subscribers: number): Promise<number> {
    const { server: port, control: controlPort } = this.#ports;
    const isSocketIo = this.#of.kind !== "ws";
    const offersDeflate = this.#of.compression !== undefined;
    this.#subscribers += subscribers;
    return await this.#receiver.call("open", { port, controlPort, isSocketIo, offersDeflate, subscribers });
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
export async function withPairs<Name extends string, Result>(
  servers: Readonly<Record<Name, FanoutServer>>,
  work: (pairs: Record<Name, FanoutPair>) => Promise<Result>,
): Promise<Result> {
  const entries = (Object.entries(servers) as [Name, FanoutServer][]).map(
    ([name, server]) => [name, new FanoutPair(server)] as const,
  );
  try {
    for (const [, pair] of entries) await pair.start();
    return await work(Object.fromEntries(entries) as Record<Name, FanoutPair>);
  } finally {
    await Promise.all(entries.map(([, pair]) => pair.stop()));
  }
}

/** How long connections took to open, and what each of them holds. */
export interface Opened {
  readonly ms: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

const settleMs = 500;

/**
 * Connects this many subscribers to each server, a few at one, then at the next: a machine that slows down does so for
 * all of them, where minutes between two servers would show the machine instead.
 */
export async function openInTurn<Name extends string>(
  names: readonly Name[],
  pairs: Readonly<Record<Name, FanoutPair>>,
  subscribers: number,
  slices: number,
): Promise<Record<Name, Opened>> {
  const memory = async () => await Promise.all(names.map((name) => pairs[name].memory()));
  const before = await memory();
  const countUpTo = (slice: number) => Math.floor((subscribers * slice) / slices);
  const turns = { rounds: slices, alternating: true };
  const spentMs = await takeTurns(names, turns, (name, slice) =>
    pairs[name].open(countUpTo(slice + 1) - countUpTo(slice)),
  );
  await sleep(Math.min(settleMs, subscribers));
  const after = await memory();
  const opened = names.map((name, at): [Name, Opened] => [
    name,
    {
      ms: spentMs.reduce((sum, slice) => sum + slice[name], 0),
      residentBytes: (after[at]!.resident - before[at]!.resident) / subscribers,
      heapBytes: (after[at]!.heap - before[at]!.heap) / subscribers,
    },
  ]);
  return Object.fromEntries(opened) as Record<Name, Opened>;
}
