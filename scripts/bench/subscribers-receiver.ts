/**
 * A receiver of the subscribers benchmark, in its own process: the load test's own generator with thin
 * subscribers, ws with `JSON.parse`, or socket.io-client.
 *
 * The thin ones do all that they do in a load test: every delivery is compared with the stream that this
 * process makes for itself, timed and counted. The other two only parse and count. Each hashes what the
 * first ticks brought, so that a receiver that skipped its work would show.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { io } from "socket.io-client";
import { WebSocket } from "ws";
import { Generator as LoadGenerator } from "../../loadtest/generator/generator.js";
import type { FromGenerator } from "../../loadtest/generator/protocol.js";
import { planAddresses } from "../../loadtest/generator/shares.js";
import { monotonicMs } from "../../loadtest/measure/monotonic.js";
import { countFaults } from "../../loadtest/oracle/ledger.js";
import type { ExpectedBatch } from "../../loadtest/oracle/stream.js";
import {
  type Finished,
  type OpenCommand,
  type ReceiverCommand,
  type ReceiverKind,
  type ReceiverReport,
  streamOfTicks,
} from "./subscribers-messages.js";

/** Ticks that a receiver knows in advance, as in a load test. */
const ticksAhead = 32;
const openingMax = 128;

interface Receiver {
  begin(command: OpenCommand, onTick: () => void): void;
  /** Resolves once this many are subscribed. */
  openTo(count: number): Promise<void>;
  finish(ticks: number, hashedTicks: number): Promise<Omit<Finished, "cpuUs">>;
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

  override completed(batch: ExpectedBatch, atMs: number): void {
    super.completed(batch, atMs);
    if (batch.completed === this.subscribers) this.onTick();
  }
}

function createThinReceiver(): Receiver {
  let ticks: ReturnType<typeof streamOfTicks>;
  const sent: (readonly string[])[] = [];
  let result: (message: FromGenerator) => void = () => {};
  let generator: TickingGenerator;
  function extend(count: number): void {
    const batches = Array.from({ length: count }, () => {
      const texts = ticks.next().value;
      sent.push(texts);
      return { tick: sent.length, sequence: 0, intendedMs: monotonicMs(), texts };
    });
    generator.handle({ type: "batches", batches });
  }
  return {
    begin({ server, subscribers, scenario }, onTick) {
      ticks = streamOfTicks(scenario);
      const target = { origin: `http://127.0.0.1:${server}`, path: "/socket.io/", headers: {}, auth: undefined };
      generator = new TickingGenerator(
        {
          index: 0,
          target,
          learning: false,
          control: { websocket: 0, polling: 0 },
          slowReaders: undefined,
          sources: planAddresses(0, 1),
          connectingMax: openingMax,
          sessionTimeoutMs: 20_000,
          busyPolling: false,
        },
        (message) => result(message),
      );
      generator.subscribers = subscribers;
      generator.onTick = () => {
        extend(1);
        onTick();
      };
      generator.handle({ type: "measure", fromMs: 0, toMs: Infinity, payloadShiftMs: 0 });
      extend(ticksAhead);
    },
    async openTo(count) {
      generator.handle({ type: "population", count, overMs: 0 });
      while (generator.population.active.size < count) await new Promise((resolve) => void setTimeout(resolve, 5));
    },
    async finish(count, hashedTicks) {
      const finished = new Promise<FromGenerator>((resolve) => {
        result = (message) => void (message.type === "result" && resolve(message));
      });
      generator.handle({ type: "close", lastTick: count, isEarly: false });
      generator.handle({ type: "finish" });
      const message = await finished;
      if (message.type !== "result") throw new Error("the generator gave no result");
      const { ledger } = message.result;
      if (countFaults(ledger) > 0) throw new Error(`the thin subscribers counted ${JSON.stringify(ledger)}`);
      return { deliveries: ledger.received, hash: hashOf(sent.slice(0, hashedTicks).flat()) };
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
  readonly #arrivals: number[] = [];
  readonly #subscribers: number;
  readonly #onTick: () => void;

  constructor(subscribers: number, ticks: ReturnType<typeof streamOfTicks>, onTick: () => void) {
    this.#subscribers = subscribers;
    this.#ticks = ticks;
    this.#onTick = onTick;
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
      this.#arrivals[tick] = (this.#arrivals[tick] ?? 0) + 1;
      if (this.#arrivals[tick] === this.#subscribers) this.#onTick();
      tick += 1;
    };
  }

  #endOf(tick: number): number {
    while (this.ends.length <= tick) this.ends.push((this.ends.at(-1) ?? 0) + this.#ticks.next().value.length);
    return this.ends[tick];
  }

  result(hashedTicks: number): Omit<Finished, "cpuUs"> {
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
  const socket = io(`http://127.0.0.1:${server}`, { transports: ["websocket"], forceNew: true, reconnection: false });
  socket.onAny((...args: unknown[]) => take(args));
  return once(socket as unknown as NodeJS.EventEmitter, "connect");
}

function createCountingReceiver(subscribe: Subscribe): Receiver {
  let counter: TickCounter;
  let port: number;
  let opened = 0;
  return {
    begin({ server, subscribers, scenario }, onTick) {
      counter = new TickCounter(subscribers, streamOfTicks(scenario), onTick);
      port = server;
    },
    async openTo(count) {
      while (opened < count) {
        const isFirst = opened === 0;
        const more = Math.min(openingMax, count - opened);
        await Promise.all(
          Array.from({ length: more }, (_, index) => subscribe(port, counter.subscriber(isFirst && index === 0))),
        );
        opened += more;
      }
    },
    finish: (_ticks, hashedTicks) => Promise.resolve(counter.result(hashedTicks)),
  };
}

const receivers: Readonly<Record<ReceiverKind, () => Receiver>> = {
  thin: createThinReceiver,
  ws: () => createCountingReceiver(subscribeWithWs),
  "socket.io-client": () => createCountingReceiver(subscribeWithSocketIo),
};

function report(message: ReceiverReport): void {
  process.send?.(message);
}

const receiver = receivers[process.argv[2] as ReceiverKind]();
let cpuBefore = process.cpuUsage();

function residentBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

async function handle(command: ReceiverCommand): Promise<void> {
  if ("open" in command) {
    const { control: port, subscribers } = command.open;
    const control: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(control, "connect");
    receiver.begin(command.open, () => control.write("\n"));
    // The first of them warm everything up that is not theirs.
    const first = Math.ceil(subscribers / 10);
    await receiver.openTo(first);
    const before = residentBytes();
    await receiver.openTo(subscribers);
    report({ opened: { bytesPerSubscriber: (residentBytes() - before) / (subscribers - first) } });
  } else if ("expect" in command) {
    cpuBefore = process.cpuUsage();
    report({ expecting: true });
  } else {
    const { user, system } = process.cpuUsage(cpuBefore);
    const result = await receiver.finish(command.finish.ticks, command.finish.hashedTicks);
    report({ finished: { ...result, cpuUs: user + system } });
  }
}

process.on("message", (command: ReceiverCommand) => void handle(command));
process.on("disconnect", () => process.exit());
