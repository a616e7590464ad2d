/**
 * All generators of a run as one: orders are split among them, reports come back merged.
 *
 * Invariant: a generator that fails is told of once, ended, and waited for no longer. The accounts of its
 * subscribers are missing.
 */
import type { DropManner } from "../clients/subscriber.js";
import { monotonicMs } from "../core/monotonic.js";
import { ProposalMerger } from "../oracle/proposal-merger.js";
import type { GeneratorHandle, GeneratorSlot } from "./generator-handle.js";
import { type MergedBatch, MergedBatches } from "./merged-batches.js";
import type { FromGenerator, GeneratorConfig, GeneratorResult, ToGenerator } from "./protocol.js";
import { type MergedSecond, Seconds } from "./seconds.js";
import { planFirstTargets, splitEvenly } from "./shares.js";

export interface GeneratorPoolOptions {
  /** Where each generator runs; at least one. */
  readonly slots: readonly GeneratorSlot[];
  readonly config: Omit<GeneratorConfig, "index" | "control" | "firstTarget" | "agreeing">;
  /** Subscribers as a rule. */
  readonly clients: number;
  readonly control: GeneratorConfig["control"];
  onSync(): void;
  onSecond(second: MergedSecond): void;
  onFailure(message: string): void;
}

export class GeneratorPool {
  readonly #seconds: Seconds;
  readonly #batches: MergedBatches;
  /** Where the generators learn the stream, each from its own subscribers. */
  readonly #merger: ProposalMerger | undefined;
  readonly #options: GeneratorPoolOptions;
  readonly #generators: GeneratorHandle[];
  readonly #results = new Map<number, GeneratorResult>();
  readonly #interim = new Map<number, GeneratorResult>();
  readonly #drained = new Set<number>();
  readonly #failed = new Set<number>();
  readonly #counts = new Map<number, number>();
  #turn = 0;
  /** Of those who wait for a message. */
  readonly #waiting = new Set<() => void>();

  constructor(options: GeneratorPoolOptions) {
    this.#options = options;
    const { slots } = options;
    const count = slots.length;
    this.#seconds = new Seconds(count);
    const { config, clients } = options;
    const agreeing = config.learning && count > 1;
    this.#merger = agreeing ? new ProposalMerger(count) : undefined;
    this.#batches = new MergedBatches(agreeing ? count : 0);
    this.#generators = planFirstTargets(clients, count, config.targets.length).map((firstTarget, index) => {
      const control = index === 0 ? options.control : { websocket: 0, polling: 0 };
      return slots[index]!.start({ ...config, agreeing, index, control, firstTarget }, (message) =>
        this.#receive(index, message),
      );
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

  /** The remainders go around, as those of replacements. */
  drop(count: number, offlineMs: number, how: DropManner): void {
    this.#split(count, (share) => ({ type: "drop", count: share, offlineMs, how }), this.#turn);
    this.#turn = (this.#turn + count) % this.#generators.length;
  }

  get batches(): readonly MergedBatch[] {
    return this.#batches.list;
  }

  /** What makes the comparison of the generators' subscribers worthless. */
  get evidence(): readonly string[] {
    return this.#merger?.isDisjoint === true
      ? ["the subscribers of different generators received nothing in common, and were not compared with each other"]
      : [];
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
      this.#fail(
        index,
        `${this.#options.slots[index]!.name} gave no account of its subscribers within ${timeoutMs / 1000} s`,
      );
    return [...this.#results.values()];
  }

  /** What the generators have so far; undefined when one does not answer in time, or at the end of the run. */
  async interim(timeoutMs: number): Promise<readonly GeneratorResult[] | undefined> {
    this.#interim.clear();
    this.broadcast({ type: "interim" });
    await this.#until(() => this.#missing(this.#interim).length === 0, timeoutMs);
    return this.#missing(this.#interim).length === 0 ? [...this.#interim.values()] : undefined;
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
    this.#merger?.end(index);
    this.#agree();
    this.#options.onFailure(message);
  }

  /** Tells the generators what their subscribers together have made of the stream by now. */
  #agree(): void {
    for (let merged = this.#merger?.agree(); merged !== undefined; merged = this.#merger?.agree()) {
      this.#batches.name(merged.frames);
      for (const [index, agreement] of merged.agreements.entries())
        this.#generators[index]!.send({ type: "agreement", agreement });
    }
  }

  async #until(isDone: () => boolean, timeoutMs: number): Promise<void> {
    const lateMs = monotonicMs() + timeoutMs;
    const timer = setTimeout(() => this.#wake(), timeoutMs + 1);
    while (!isDone() && monotonicMs() < lateMs) await new Promise<void>((resolve) => this.#waiting.add(resolve));
    clearTimeout(timer);
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #receive(index: number, message: FromGenerator): void {
    if (message.type === "sync") this.#options.onSync();
    else if (message.type === "failed") this.#fail(index, message.message);
    else if (message.type === "counts") this.#counts.set(index, message.connected + message.lost);
    else if (message.type === "drained") this.#drained.add(index);
    else if (message.type === "interim") this.#interim.set(index, message.result);
    else if (message.type === "proposal") {
      this.#merger?.propose(index, message.proposal);
      this.#agree();
    } else if (message.type === "second") {
      this.#batches.add(index, message.batches);
      const whole = this.#seconds.merge(message.report);
      if (whole !== undefined) this.#options.onSecond(whole);
    } else if (message.type === "result") {
      this.#batches.add(index, message.batches);
      this.#results.set(index, message.result);
    }
    this.#wake();
  }
}
