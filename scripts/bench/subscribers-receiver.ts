/**
 * A receiver of the subscribers benchmark: the load test's own generator with thin subscribers, ws with `JSON.parse`, or
 * socket.io-client.
 *
 * The thin ones do all that they do in a load test: every delivery is compared with the stream that this process makes
 * for itself, timed and counted. The other two only parse and count. Each hashes what the first ticks brought, so that a
 * receiver that skipped its work would show.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { io } from "socket.io-client";
import { WebSocket } from "ws";
import { Generator as LoadGenerator } from "../../loadtest/generator/generator.js";
import type { FromGenerator } from "../../loadtest/generator/protocol.js";
import { noCompression } from "../../loadtest/core/no-compression.js";
import { planAddresses } from "../../loadtest/generator/shares.js";
import { monotonicMs } from "../../loadtest/core/monotonic.js";
import { countFaults } from "../../loadtest/oracle/delivery-counts.js";
import type { StreamMatcher } from "../../loadtest/oracle/stream-matcher.js";
import type { ExpectedBatch } from "../../loadtest/oracle/expected-batch.js";
import { type BenchScenario, streamOfTicks } from "./subscribers-sender.js";
import { TickArrivals } from "./tick-loop.js";

/** The thin ones without and with compression, and two libraries without. */
export type ReceiverKind = "thin" | "thin, deflate" | "ws" | "socket.io-client";

interface Received {
  readonly deliveries: number;
  /** Of what the first ticks brought. */
  readonly hash: string;
}

interface ReceiverOptions {
  readonly kind: ReceiverKind;
  readonly serverPort: number;
  readonly subscribers: number;
  readonly scenario: BenchScenario;
}

/** Ticks that a receiver knows in advance, as in a load test. */
const ticksAhead = 32;
const openingMax = 128;

interface Receiver {
  /** Resolves once this many are subscribed. */
  openTo(count: number): Promise<void>;
  finish(ticks: number, hashedTicks: number): Promise<Received>;
}

function hashOf(texts: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text);
  return hash.digest("hex");
}

/** The generator of the load test, telling when a tick has reached its last subscriber. */
class TickingGenerator extends LoadGenerator {
  onTick: () => void = () => {};
  subscribers = Infinity;

  override delivered(matcher: StreamMatcher, batch: ExpectedBatch, from: number, count: number, atMs: number): void {
    super.delivered(matcher, batch, from, count, atMs);
    if (batch.completed === this.subscribers) this.onTick();
  }
}

function createGenerator(
  { kind, serverPort }: ReceiverOptions,
  report: (message: FromGenerator) => void,
): TickingGenerator {
  return new TickingGenerator(
    {
      index: 0,
      targets: [{ origin: `http://127.0.0.1:${serverPort}`, path: "/socket.io/", headers: {}, auth: undefined }],
      firstTarget: 0,
      learning: false,
      agreeing: false,
      control: { websocket: 0, polling: 0 },
      slowReaders: undefined,
      sources: planAddresses(0, 1),
      connectingMax: openingMax,
      sessionTimeoutMs: 20_000,
      compression: kind === "thin, deflate",
      busyPolling: false,
    },
    report,
  );
}

function createThinReceiver(options: ReceiverOptions, arrivals: TickArrivals): Receiver {
  const ticks = streamOfTicks(options.scenario);
  const sent: (readonly string[])[] = [];
  let report: (message: FromGenerator) => void = () => {};
  const generator = createGenerator(options, (message) => report(message));
  function extend(count: number): void {
    const batches = Array.from({ length: count }, () => {
      const texts = ticks.next().value;
      sent.push(texts);
      return { tick: sent.length, sequence: 0, intendedMs: monotonicMs(), texts };
    });
    generator.handle({ type: "batches", batches });
  }
  generator.subscribers = options.subscribers;
  generator.onTick = () => {
    extend(1);
    arrivals.complete();
  };
  generator.handle({ type: "measure", fromMs: 0, toMs: Infinity, payloadShiftMs: 0 });
  extend(ticksAhead);
  return {
    async openTo(count) {
      generator.handle({ type: "scale", count, overMs: 0 });
      while (generator.connections.active.size < count) await wait(5);
    },
    async finish(count, hashedTicks) {
      const finished = new Promise<Extract<FromGenerator, { type: "result" }>>((resolve) => {
        report = (message) => void (message.type === "result" && resolve(message));
      });
      generator.handle({ type: "close", lastTick: count, isEarly: false });
      generator.handle({ type: "finish" });
      const { counts } = (await finished).result;
      if (countFaults(counts) > 0) throw new Error(`the thin subscribers counted ${JSON.stringify(counts)}`);
      return { deliveries: counts.received, hash: hashOf(sent.slice(0, hashedTicks).flat()) };
    },
  };
}

/** Counts events by subscriber; knows only how many events each tick has. */
class TickCounter {
  deliveries = 0;
  readonly firstTexts: string[] = [];
  /** Events up to the end of each tick. */
  readonly ends: number[] = [];
  readonly #ticks: ReturnType<typeof streamOfTicks>;
  readonly #arrivals: TickArrivals;
  readonly #subscribers: number;

  constructor({ subscribers, scenario }: ReceiverOptions, arrivals: TickArrivals) {
    this.#subscribers = subscribers;
    this.#ticks = streamOfTicks(scenario);
    this.#arrivals = arrivals;
  }

  /** A subscriber's own counter of events. */
  subscriber(isFirst: boolean): (args: readonly unknown[]) => void {
    let events = 0;
    let tick = 0;
    return (args) => {
      this.deliveries += 1;
      events += 1;
      if (isFirst && tick < ticksAhead) this.firstTexts.push(JSON.stringify(args));
      if (events < this.#endOf(tick)) return;
      this.#arrivals.arrived(tick, this.#subscribers);
      tick += 1;
    };
  }

  #endOf(tick: number): number {
    while (this.ends.length <= tick) this.ends.push((this.ends.at(-1) ?? 0) + this.#ticks.next().value.length);
    return this.ends[tick]!;
  }

  result(hashedTicks: number): Received {
    const count = hashedTicks === 0 ? 0 : this.ends[hashedTicks - 1];
    return { deliveries: this.deliveries, hash: hashOf(this.firstTexts.slice(0, count)) };
  }
}

type Subscribe = (server: number, take: (args: readonly unknown[]) => void) => Promise<unknown>;

function subscribeWithWs(server: number, take: (args: readonly unknown[]) => void): Promise<unknown> {
  const socket = new WebSocket(`ws://127.0.0.1:${server}/socket.io/?EIO=4&transport=websocket`, {
    perMessageDeflate: false,
  });
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data: Buffer) => {
      const text = data.toString();
      if (text.startsWith("42")) take(JSON.parse(text.slice(2)) as unknown[]);
      else if (text.startsWith("40")) resolve(undefined);
      else socket.send("40");
    });
  });
}

function subscribeWithSocketIo(server: number, take: (args: readonly unknown[]) => void): Promise<unknown> {
  const socket = io(`http://127.0.0.1:${server}`, {
    transports: ["websocket"],
    forceNew: true,
    reconnection: false,
    ...noCompression,
  });
  socket.onAny((...args: unknown[]) => take(args));
  return once(socket as unknown as NodeJS.EventEmitter, "connect");
}

function createCountingReceiver(subscribe: Subscribe, options: ReceiverOptions, arrivals: TickArrivals): Receiver {
  const counter = new TickCounter(options, arrivals);
  let opened = 0;
  return {
    async openTo(count) {
      while (opened < count) {
        const isFirst = opened === 0;
        const more = Math.min(openingMax, count - opened);
        const takers = Array.from({ length: more }, (_, index) => counter.subscriber(isFirst && index === 0));
        await Promise.all(takers.map((take) => subscribe(options.serverPort, take)));
        opened += more;
      }
    },
    finish: (_ticks, hashedTicks) => Promise.resolve(counter.result(hashedTicks)),
  };
}

function createReceiver(options: ReceiverOptions, arrivals: TickArrivals): Receiver {
  const { kind } = options;
  if (kind === "thin" || kind === "thin, deflate") return createThinReceiver(options, arrivals);
  return createCountingReceiver(kind === "ws" ? subscribeWithWs : subscribeWithSocketIo, options, arrivals);
}

function residentBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

let receiver: Receiver;
let cpuBefore = process.cpuUsage();

interface OpenOptions extends ReceiverOptions {
  readonly controlPort: number;
}

export const handlers = {
  /** Returns the resident memory that a subscriber more takes, in bytes. */
  async open({ controlPort, ...options }: OpenOptions): Promise<number> {
    const { subscribers } = options;
    receiver = createReceiver(options, await TickArrivals.connect(controlPort));
    // The first of them warm everything up that is not theirs.
    const first = Math.ceil(subscribers / 10);
    await receiver.openTo(first);
    const before = residentBytes();
    await receiver.openTo(subscribers);
    return (residentBytes() - before) / (subscribers - first);
  },

  /** Processor time counts from here. */
  begin(): void {
    cpuBefore = process.cpuUsage();
  },

  async finish({ ticks, hashedTicks }: { readonly ticks: number; readonly hashedTicks: number }) {
    const { user, system } = process.cpuUsage(cpuBefore);
    return { ...(await receiver.finish(ticks, hashedTicks)), cpuUs: user + system };
  },
};
