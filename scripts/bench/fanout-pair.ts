/** A server of the fan-out benchmark on one core, and its receiver on another. */
import { BenchProcess } from "./bench-process.js";
import type {
  MemoryReport,
  ReceiverCommand,
  ReceiverReport,
  ServerCommand,
  ServerKind,
  ServerPorts,
  ServerReport,
} from "./fanout-messages.js";

const serverCore = 0;
const receiverCore = 1;

/** How long ticks are broadcast: until both minima are reached. */
export interface Span {
  readonly durationMsMin: number;
  /** The first ticks of a span are hashed; none has fewer. */
  readonly ticksMin: number;
}

export interface Measurement {
  readonly deliveriesPerSecond: number;
  readonly cpuUsPerDelivery: number;
  readonly bytesPerDelivery: number;
  readonly hash: string;
}

export class FanoutPair {
  readonly kind: ServerKind;
  #subscribers = 0;
  readonly #server: BenchProcess<ServerCommand, ServerReport>;
  readonly #receiver: BenchProcess<ReceiverCommand, ReceiverReport>;
  #ports: ServerPorts | undefined;

  constructor(kind: ServerKind) {
    this.kind = kind;
    this.#server = new BenchProcess("fanout-server", serverCore, [kind]);
    this.#receiver = new BenchProcess("fanout-receiver", receiverCore);
  }

  /** Resolves when the server listens. */
  async start(): Promise<void> {
    this.#ports = await this.#server.ask(null, "ports");
  }

  /** Connects more subscribers, and says in how many milliseconds. */
  async open(subscribers: number): Promise<number> {
    if (this.#ports === undefined) throw new Error("a server of the benchmark has not been started");
    const command = { open: { kind: this.kind, ...this.#ports, subscribers } };
    const { wallMs } = await this.#receiver.ask(command, "opened");
    this.#subscribers += subscribers;
    return wallMs;
  }

  /** What the server holds, without what is garbage. */
  memory(): Promise<MemoryReport> {
    return this.#server.ask({ memory: true }, "memory");
  }

  /** Broadcasts to all subscribers; throws when not every event reached every one of them. */
  async measure(eventsPerTick: number, { durationMsMin, ticksMin }: Span): Promise<Measurement> {
    const subscribers = this.#subscribers;
    await this.#receiver.ask({ expect: { eventsPerTick, hashedTicks: ticksMin } }, "expecting");
    const command = { run: { subscribers, eventsPerTick, durationMsMin, ticksMin } };
    const { ticks, wallMs, cpuUs } = await this.#server.ask(command, "ran");
    const { hash, frames, bytes } = await this.#receiver.ask({ finish: true }, "finished");
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
