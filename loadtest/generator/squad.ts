/**
 * All generators of a run as one: orders are split among them, reports come back merged.
 *
 * Invariant: a generator that fails ends the run; its subscribers' accounts would be missing.
 */
import { LatencyHistogram } from "../measure/histogram.js";
import { monotonicMs } from "../measure/monotonic.js";
import { type GeneratorHandle, startGeneratorProcess, startLocalGenerator } from "./pool.js";
import type {
  BatchReport,
  FromGenerator,
  GeneratorConfig,
  GeneratorResult,
  SecondReport,
  ToGenerator,
} from "./protocol.js";

/** One second of the run over all generators. */
export interface MergedSecond {
  readonly second: number;
  readonly latency: LatencyHistogram;
  connected: number;
  /** Since the start of the run. */
  deliveries: number;
  utilisation: number;
  rssBytes: number;
  faults: number;
  /** Generators that have reported it. */
  reports: number;
}

/** Fan-out of a tick over all generators. */
export interface MergedBatch {
  readonly tick: number;
  readonly sequence: number;
  readonly intendedMs: number;
  firstMs: number;
  lastMs: number;
}

export interface SquadOptions {
  readonly workers: number;
  readonly config: Omit<GeneratorConfig, "index" | "control">;
  readonly control: GeneratorConfig["control"];
  onSync(): void;
  onSecond(second: MergedSecond): void;
  onFailure(message: string): void;
}

export class Squad {
  readonly seconds: MergedSecond[] = [];
  readonly batches = new Map<string, MergedBatch>();
  readonly #options: SquadOptions;
  readonly #generators: GeneratorHandle[];
  readonly #results = new Map<number, GeneratorResult>();
  readonly #drained = new Set<number>();
  readonly #counts = new Map<number, number>();
  #wake: () => void = () => {};

  constructor(options: SquadOptions) {
    this.#options = options;
    const count = Math.max(1, options.workers);
    const start = options.workers === 0 ? startLocalGenerator : startGeneratorProcess;
    this.#generators = Array.from({ length: count }, (_, index) => {
      const control = index === 0 ? options.control : { websocket: 0, polling: 0 };
      return start({ ...options.config, index, control }, (from, message) => this.#receive(from, message));
    });
  }

  /** Sent to every generator alike. */
  broadcast(message: ToGenerator): void {
    for (const generator of this.#generators) generator.send(message);
  }

  goTo(count: number, overMs: number): void {
    this.#split(count, (share) => ({ type: "population", count: share, overMs }));
  }

  replace(count: number): void {
    this.#split(count, (share) => ({ type: "replace", count: share }));
  }

  get size(): number {
    return this.#generators.length;
  }

  /** Resolves once so many subscribers are connected, or have failed to be. */
  async settled(count: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const wake = (): void => this.#wake();
    signal.addEventListener("abort", wake, { once: true });
    const reached = (): boolean => [...this.#counts.values()].reduce((sum, one) => sum + one, 0) >= count;
    return this.#until(() => signal.aborted || reached(), timeoutMs);
  }

  /** Resolves true once every subscriber has reached the end of the stream, false when time is up. */
  async drained(timeoutMs: number): Promise<boolean> {
    return this.#until(() => this.#drained.size === this.size, timeoutMs);
  }

  /** Judges what is left. Rejects when a generator does not answer. */
  async finish(timeoutMs: number): Promise<readonly GeneratorResult[]> {
    this.broadcast({ type: "finish" });
    if (!(await this.#until(() => this.#results.size === this.size, timeoutMs))) {
      throw new Error(`a generator gave no account of its subscribers within ${timeoutMs / 1000} s`);
    }
    return [...this.#results.values()];
  }

  kill(): void {
    for (const generator of this.#generators) generator.kill();
  }

  #split(count: number, order: (share: number) => ToGenerator): void {
    const { length } = this.#generators;
    this.#generators.forEach((generator, index) =>
      generator.send(order(Math.floor((count + length - 1 - index) / length))),
    );
  }

  async #until(isDone: () => boolean, timeoutMs: number): Promise<boolean> {
    const lateMs = monotonicMs() + timeoutMs;
    const timer = setTimeout(() => this.#wake(), timeoutMs + 1);
    while (!isDone() && monotonicMs() < lateMs) await new Promise<void>((resolve) => (this.#wake = resolve));
    clearTimeout(timer);
    return isDone();
  }

  #receive(index: number, message: FromGenerator): void {
    if (message.type === "sync") this.#options.onSync();
    else if (message.type === "failed") this.#options.onFailure(message.message);
    else if (message.type === "counts") this.#counts.set(index, message.connected + message.lost);
    else if (message.type === "drained") this.#drained.add(index);
    else if (message.type === "second") {
      this.#mergeBatches(message.batches);
      this.#mergeSecond(message.report);
    } else if (message.type === "result") {
      this.#mergeBatches(message.batches);
      this.#results.set(index, message.result);
    }
    this.#wake();
  }

  #mergeSecond(report: SecondReport): void {
    const merged = (this.seconds[report.second] ??= {
      second: report.second,
      latency: new LatencyHistogram(),
      connected: 0,
      deliveries: 0,
      utilisation: 0,
      rssBytes: 0,
      faults: 0,
      reports: 0,
    });
    if (report.latency !== null) merged.latency.addEncoded(report.latency);
    merged.connected += report.connected;
    merged.deliveries += report.deliveries;
    merged.faults += report.faults;
    merged.utilisation = Math.max(merged.utilisation, report.utilisation);
    merged.rssBytes = Math.max(merged.rssBytes, report.rssBytes);
    merged.reports += 1;
    if (merged.reports === this.size) this.#options.onSecond(merged);
  }

  #mergeBatches(reports: readonly BatchReport[]): void {
    for (const [tick, sequence, intendedMs, firstMs, lastMs] of reports) {
      const key = `${tick}/${sequence}`;
      const known = this.batches.get(key);
      if (known === undefined) this.batches.set(key, { tick, sequence, intendedMs, firstMs, lastMs });
      else {
        known.firstMs = Math.min(known.firstMs, firstMs);
        known.lastMs = Math.max(known.lastMs, lastMs);
      }
    }
  }
}
