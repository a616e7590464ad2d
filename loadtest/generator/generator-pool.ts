/**
 * All generators of a run as one: orders are split among them, reports come back merged.
 *
 * Invariant: a generator that fails is told of once, ended, and waited for no longer. The accounts of its
 * subscribers are missing.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { monotonicMs } from "../core/monotonic.js";
import { Generator } from "./generator.js";
import type { BatchReport, FromGenerator, GeneratorConfig, GeneratorResult, ToGenerator } from "./protocol.js";
import { type MergedSecond, Seconds } from "./seconds.js";
import { planFirstTargets, splitEvenly } from "./shares.js";

interface GeneratorHandle {
  readonly config: GeneratorConfig;
  readonly pid: number;
  send(message: ToGenerator): void;
  /** Ends it at once. */
  kill(): void;
}

type GeneratorListener = (index: number, message: FromGenerator) => void;

const entry = fileURLToPath(new URL("generator-process.js", import.meta.url));

/** A generator that shares this process: for small runs and tests. */
function startLocalGenerator(config: GeneratorConfig, listen: GeneratorListener): GeneratorHandle {
  const generator = new Generator(config, (message) => queueMicrotask(() => listen(config.index, message)));
  return { config, pid: process.pid, send: (message) => generator.handle(message), kill: () => generator.stop() };
}

/** A generator in a process of its own. */
function startGeneratorProcess(config: GeneratorConfig, listen: GeneratorListener): GeneratorHandle {
  const child: ChildProcess = fork(entry, [], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  let isOver = false;
  child.on("message", (message: FromGenerator) => {
    if (message.type === "result") isOver = true;
    listen(config.index, message);
  });
  child.on("exit", (code, signal) => {
    if (!isOver)
      listen(config.index, {
        type: "failed",
        message: `a generator process ended early (${signal ?? `exit code ${code}`})`,
      });
  });
  child.on("error", ({ message }) =>
    listen(config.index, { type: "failed", message: `a generator process: ${message}` }),
  );
  child.send({ type: "start", config });
  return {
    config,
    pid: child.pid ?? 0,
    // What it does not take any more is no error of its own: its end is told by "exit".
    send: (message) => void (child.connected && child.send(message, () => {})),
    kill() {
      isOver = true;
      child.kill("SIGKILL");
    },
  };
}

/** Fan-out of a tick over all generators. */
export interface MergedBatch {
  readonly tick: number;
  readonly sequence: number;
  readonly intendedMs: number;
  firstMs: number;
  lastMs: number;
}

export interface GeneratorPoolOptions {
  readonly workers: number;
  readonly config: Omit<GeneratorConfig, "index" | "control" | "firstTarget">;
  /** Subscribers as a rule. */
  readonly clients: number;
  readonly control: GeneratorConfig["control"];
  onSync(): void;
  onSecond(second: MergedSecond): void;
  onFailure(message: string): void;
}

export class GeneratorPool {
  readonly #seconds: Seconds;
  readonly batches = new Map<string, MergedBatch>();
  readonly #options: GeneratorPoolOptions;
  readonly #generators: GeneratorHandle[];
  readonly #results = new Map<number, GeneratorResult>();
  readonly #drained = new Set<number>();
  readonly #failed = new Set<number>();
  readonly #counts = new Map<number, number>();
  #turn = 0;
  #wake: () => void = () => {};

  constructor(options: GeneratorPoolOptions) {
    this.#options = options;
    const count = Math.max(1, options.workers);
    this.#seconds = new Seconds(count);
    const start = options.workers === 0 ? startLocalGenerator : startGeneratorProcess;
    const { config, clients } = options;
    this.#generators = planFirstTargets(clients, count, config.targets.length).map((firstTarget, index) => {
      const control = index === 0 ? options.control : { websocket: 0, polling: 0 };
      return start({ ...config, index, control, firstTarget }, (from, message) => this.#receive(from, message));
    });
  }

  /** Sent to every generator alike. */
  broadcast(message: ToGenerator): void {
    for (const generator of this.#generators) generator.send(message);
  }

  goTo(count: number, overMs: number): void {
    this.#split(count, (share) => ({ type: "scale", count: share, overMs }));
  }

  /** The remainders go around: one at a time is replaced in each generator in turn. */
  replace(count: number): void {
    this.#split(count, (share) => ({ type: "replace", count: share }), this.#turn);
    this.#turn = (this.#turn + count) % this.#generators.length;
  }

  /** The run's seconds so far. */
  get seconds(): readonly MergedSecond[] {
    return this.#seconds.list;
  }

  /** Resolves once so many subscribers are connected, or have failed to be; or when time is up. */
  async settled(count: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#wake();
    signal.addEventListener("abort", wake, { once: true });
    const reached = (): boolean => [...this.#counts.values()].reduce((sum, one) => sum + one, 0) >= count;
    await this.#until(() => signal.aborted || reached(), timeoutMs);
  }

  /** Resolves once every subscriber has reached the end of the stream, or when time is up. */
  async drained(timeoutMs: number): Promise<void> {
    await this.#until(() => this.#missing(this.#drained).length === 0, timeoutMs);
  }

  /** Judges what is left. A generator that does not answer in time has failed. */
  async finish(timeoutMs: number): Promise<readonly GeneratorResult[]> {
    this.broadcast({ type: "finish" });
    await this.#until(() => this.#missing(this.#results).length === 0, timeoutMs);
    for (const index of this.#missing(this.#results))
      this.#fail(index, `a generator gave no account of its subscribers within ${timeoutMs / 1000} s`);
    return [...this.#results.values()];
  }

  kill(): void {
    for (const generator of this.#generators) generator.kill();
  }

  #split(count: number, order: (share: number) => ToGenerator, first = 0): void {
    const shares = splitEvenly(count, this.#generators.length, first);
    this.#generators.forEach((generator, index) => generator.send(order(shares[index]!)));
  }

  /** Generators that are yet to answer. */
  #missing(answered: { has(index: number): boolean }): number[] {
    return [...this.#generators.keys()].filter((index) => !answered.has(index) && !this.#failed.has(index));
  }

  #fail(index: number, message: string): void {
    if (this.#failed.has(index)) return;
    this.#failed.add(index);
    this.#generators[index]!.kill();
    this.#options.onFailure(message);
  }

  async #until(isDone: () => boolean, timeoutMs: number): Promise<void> {
    const lateMs = monotonicMs() + timeoutMs;
    const timer = setTimeout(() => this.#wake(), timeoutMs + 1);
    while (!isDone() && monotonicMs() < lateMs) await new Promise<void>((resolve) => (this.#wake = resolve));
    clearTimeout(timer);
  }

  #receive(index: number, message: FromGenerator): void {
    if (message.type === "sync") this.#options.onSync();
    else if (message.type === "failed") this.#fail(index, message.message);
    else if (message.type === "counts") this.#counts.set(index, message.connected + message.lost);
    else if (message.type === "drained") this.#drained.add(index);
    else if (message.type === "second") {
      this.#mergeBatches(message.batches);
      const whole = this.#seconds.merge(message.report);
      if (whole !== undefined) this.#options.onSecond(whole);
    } else if (message.type === "result") {
      this.#mergeBatches(message.batches);
      this.#results.set(index, message.result);
    }
    this.#wake();
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
