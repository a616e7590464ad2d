/**
 * The running simulation: one timeline, its pacing, its commands and those who watch.
 *
 * The only place where a world is stepped or changed. A batch goes, whole, first to the broadcast
 * functions and then to the store. Commands, seeks and resets run one after another; ticks go on
 * between the steps of a command, so a slow disk never delays a tick.
 */
import { randomUUID } from "node:crypto";
import { setImmediate as immediate } from "node:timers/promises";
import type { Scenario, Simulation as SimulationStatus } from "../schemas/index.js";
import {
  type Broadcaster,
  type Clock,
  type Command,
  type CommandLog,
  type LoggedCommand,
  type Pacer,
  SIMULATOR_VERSION,
  type StreamDigest,
  type StreamDigestState,
  type TickBatch,
  type Timeline,
  type TimelineSnapshot,
  type World,
  type WorldOptions,
  broadcastBatch,
  createManualClock,
  createPacer,
  createStreamDigest,
  createTimeline,
  formatInstant,
  scenarioText,
} from "../simulator/index.js";
import { RefusedError } from "./refused-error.js";
import { resolveScenario } from "./resolve-scenario.js";
import type { CommandRecord, Resume, Store } from "./store/store.js";

/** What the API and the library may do with the running simulation. */
export interface SimulationHost {
  /** The world of the present timeline. Read it; change it only through `execute`. */
  readonly world: World;
  /** True when there is no clock: ticks run only by `step` and `seek`. */
  readonly isManual: boolean;
  /**
   * Stores a command, applies it between two ticks and broadcasts its events as a batch of their own.
   * Commands run one after another. Rejects with `RefusedError` when the world refuses it,
   * with `StoreError` when it cannot be stored; then nothing has changed.
   */
  execute(command: Command, keep?: Omit<CommandRecord, "entry">): Promise<TickBatch>;
  /**
   * Log entries with a larger sequence, in order. Only those that are applied: before that the tick
   * after which a command comes can still change.
   */
  commandsAfter(sequence: number, limit: number): readonly LoggedCommand[];
  /** The answer of GET /api/simulation. */
  status(): SimulationStatus;
  /** Calls back at each change of state, speed, timeline or anchors. Returns how to stop it. */
  onChange(listener: () => void): () => void;
  /** Does nothing where there is no clock. */
  play(): void;
  /** Pauses at a tick boundary, at once. Ends a seek that is under way where it has come to, and resolves after that. */
  pause(): Promise<void>;
  /** Pauses, then runs this many ticks at once. */
  step(ticks: number): void;
  /** Simulated seconds a second. */
  setSpeed(speed: number): void;
  /** Runs silently to a tick; backwards starts a new timeline and deletes what came later. */
  seek(tick: number): Promise<SeekOutcome>;
  /** Starts again from tick 0, with another seed or scenario if given. */
  reset(to: { readonly seed?: string; readonly scenario?: Scenario | string }): Promise<SeekOutcome>;
  /** Stops for good at a tick boundary, after the commands under way, and leaves a snapshot in the store. */
  stop(): Promise<void>;
}

/** What a new timeline deleted. */
export interface SeekOutcome {
  readonly tick: number;
  readonly deleted: { readonly messages: number; readonly candles: number; readonly commands: number };
}

export interface SimulationOptions {
  readonly world: WorldOptions;
  /** Null stands still: ticks run only by `step` and `seek`. */
  readonly clock: Clock | null;
  /** Simulated seconds a second. @default 1 */
  readonly speed?: number;
  readonly broadcaster: Broadcaster;
  readonly store: Store;
  /** What the store kept of this very world, to go on from. @default a new timeline */
  readonly resume?: Resume | null;
  /** SHA-256 of a text, as 64 hexadecimal digits. */
  readonly hash: (text: string) => string;
  /** Told of each tick that was played. @default nobody */
  readonly observeTick?: (timing: TickTiming) => void;
}

/** How punctual a tick was, milliseconds. */
export interface TickTiming {
  /** From the intended instant to the beginning. */
  readonly latenessMs: number;
  /** From the beginning until the batch was handed to every subscriber's connection. */
  readonly durationMs: number;
}

const nothingDeleted = { messages: 0, candles: 0, commands: 0 } as const;
/** Ticks between two snapshots in the store; a restart runs through at most so many. */
const ticksPerSnapshot = 2400;
/** Batches between two looks at the clock while seeking; about a millisecond. */
const batchesPerSlice = 64;
const sliceNs = 8_000_000n;

/** A simulation at its first tick, at rest until `play`. */
export function createSimulation(options: SimulationOptions): SimulationHost {
  return new RunningSimulation(options);
}

class RunningSimulation implements SimulationHost {
  readonly #options: SimulationOptions;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #timeline: Timeline<StreamDigest>;
  #pacer: Pacer;
  #bootId = "";
  #scenarioDigest = "";
  /** The end of the queue of commands, seeks and resets. */
  #turn: Promise<unknown> = Promise.resolve();
  #seeking: { cancelled: boolean } | undefined;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#clock = options.clock ?? createManualClock().clock;
    this.#timeline = options.resume ? this.#resume(options.resume) : this.#begin(options.world);
    this.#pacer = this.#createPacer(options.speed ?? 1);
  }

  get world(): World {
    return this.#timeline.world;
  }

  get isManual(): boolean {
    return this.#options.clock === null;
  }

  #createTimeline(
    world: WorldOptions,
    resume?: { snapshot?: TimelineSnapshot; log: CommandLog },
  ): Timeline<StreamDigest> {
    const { hash } = this.#options;
    const timeline = createTimeline({
      world,
      observer: (state) =>
        createStreamDigest({ hash, ...(state !== undefined && { state: state as StreamDigestState }) }),
      ...(resume !== undefined && { resume }),
    });
    this.#bootId = randomUUID();
    this.#scenarioDigest = hash(scenarioText(timeline.world.scenario));
    return timeline;
  }

  /** The timeline as it was when the last process stopped; what is stored already is only lived through again. */
  #resume({ snapshot, log, lastTick, ...start }: Resume): Timeline<StreamDigest> {
    const { scenario: scenarioName, ...identity } = start;
    const world = { ...this.#options.world, startMs: start.startMs, tickMs: start.tickMs };
    const timeline = this.#createTimeline(world, {
      ...(snapshot !== null && { snapshot }),
      log: { ...identity, scenarioName, entries: log },
    });
    timeline.seek(lastTick).run(Number.POSITIVE_INFINITY);
    return timeline;
  }

  /** Makes the timeline of a world, and tells the store where it begins. */
  #begin(options: WorldOptions): Timeline<StreamDigest> {
    const { store } = this.#options;
    const timeline = this.#createTimeline(options);
    const { seed, scenario, startMs, tickMs } = timeline.world;
    store.begin({ seed, scenario: scenario.name, simulatorVersion: SIMULATOR_VERSION, startMs, tickMs });
    store.keepPrologue(timeline.world.prologue());
    return timeline;
  }

  #createPacer(speed: number): Pacer {
    const { tick, tickMs } = this.world;
    return createPacer({
      clock: this.#clock,
      tickMs,
      speed,
      fromTick: tick,
      runTick: () => this.#runTick(),
      onChange: () => this.#changed(),
    });
  }

  #runTick(): void {
    const { broadcaster, observeTick } = this.#options;
    const clock = this.#clock;
    const beganNs = clock.nowNs();
    const batch = this.#timeline.step();
    broadcastBatch(batch, broadcaster);
    this.#record(batch);
    const anchor = this.#pacer.anchors.at(-1);
    if (observeTick === undefined || anchor === undefined) return;
    const sinceAnchorNs = Number(beganNs - anchor.monotonicNs);
    const latenessNs = sinceAnchorNs - (batch.tick - anchor.fromTick) * anchor.intervalNs;
    observeTick({ latenessMs: Math.max(0, latenessNs) / 1e6, durationMs: Number(clock.nowNs() - beganNs) / 1e6 });
  }

  #record(batch: TickBatch): void {
    const { store } = this.#options;
    store.recordBatch(batch);
    if (batch.tick % ticksPerSnapshot === 0) store.saveSnapshot(this.#timeline.snapshot());
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Runs a task when all earlier ones are done, whatever became of them. */
  #enqueue<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  execute(command: Command, keep: Omit<CommandRecord, "entry"> = {}): Promise<TickBatch> {
    return this.#enqueue(async () => {
      const refusal = this.world.refuses(command);
      if (refusal !== null) throw new RefusedError(refusal);
      const { store } = this.#options;
      const entry = { afterTick: this.world.tick, sequence: this.#timeline.nextSequence, command };
      await store.commit({ ...keep, entry });
      const applied = this.#timeline.apply(command);
      if (applied.entry.afterTick !== entry.afterTick) store.correct(applied.entry);
      broadcastBatch(applied.batch, this.#options.broadcaster);
      return applied.batch;
    });
  }

  commandsAfter(sequence: number, limit: number): readonly LoggedCommand[] {
    const { entries } = this.#timeline;
    // From the end: readers follow the log closely.
    const from = entries.findLastIndex((entry) => entry.sequence <= sequence) + 1;
    return entries.slice(from, from + limit);
  }

  status(): SimulationStatus {
    const { world, observer } = this.#timeline;
    const { speed, speedAchieved, slips, anchors } = this.#pacer;
    return {
      bootId: this.#bootId,
      simulatorVersion: SIMULATOR_VERSION,
      seed: world.seed,
      scenario: world.scenario.name,
      scenarioDigest: this.#scenarioDigest,
      start: formatInstant(world.startMs),
      tickMs: world.tickMs,
      speed,
      speedAchieved,
      state: this.#seeking !== undefined ? "seeking" : this.#pacer.playing ? "playing" : "paused",
      tick: world.tick,
      time: formatInstant(world.nowMs),
      digest: observer.value,
      slips,
      anchors: anchors.map(({ fromTick, monotonicNs, intervalNs }) => ({
        fromTick,
        monotonicNs: String(monotonicNs),
        intervalNs,
      })),
    };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  play(): void {
    if (this.#seeking === undefined && !this.isManual) this.#pacer.play();
  }

  async pause(): Promise<void> {
    this.#pacer.pause();
    if (this.#seeking === undefined) return;
    this.#seeking.cancelled = true;
    await this.#turn;
  }

  step(ticks: number): void {
    if (this.#seeking !== undefined) return;
    this.#pacer.step(ticks);
    this.#changed();
  }

  setSpeed(speed: number): void {
    this.#pacer.setSpeed(speed);
  }

  seek(tick: number): Promise<SeekOutcome> {
    return this.#enqueue(() => this.#seek(tick));
  }

  async #seek(tick: number): Promise<SeekOutcome> {
    const { store } = this.#options;
    const { world } = this;
    const wasPlaying = this.#pacer.playing;
    this.#pacer.pause();
    const seeking = { cancelled: false };
    this.#seeking = seeking;
    this.#changed();
    try {
      const isBackwards = tick < world.tick;
      const deleted = isBackwards ? await store.truncate(tick, world.startMs + tick * world.tickMs) : nothingDeleted;
      // What lies behind the present tick is stored already, and is only lived through again.
      const seek = this.#timeline.seek(tick, isBackwards ? undefined : (batch) => this.#record(batch));
      for (let sliceEndsNs = process.hrtime.bigint() + sliceNs; !seek.done;) {
        seek.run(batchesPerSlice);
        if (process.hrtime.bigint() < sliceEndsNs) continue;
        await immediate();
        if (seeking.cancelled && !isBackwards) break;
        sliceEndsNs = process.hrtime.bigint() + sliceNs;
      }
      if (isBackwards) this.#bootId = randomUUID();
      return { tick: this.world.tick, deleted };
    } finally {
      this.#seeking = undefined;
      this.#pacer.rebase(this.world.tick);
      if (wasPlaying && !seeking.cancelled) this.#pacer.play();
      else this.#changed();
    }
  }

  reset(to: { readonly seed?: string; readonly scenario?: Scenario | string }): Promise<SeekOutcome> {
    return this.#enqueue(async () => {
      const { seed = this.world.seed } = to;
      const scenario = to.scenario === undefined ? this.world.scenario : resolveScenario(to.scenario);
      const { startMs } = this.world;
      const wasPlaying = this.#pacer.playing;
      this.#pacer.pause();
      const deleted = await this.#options.store.truncate(-1, startMs);
      // Another scenario brings its own tick; the same one keeps what was asked for at the start.
      const tickMs = scenario === this.world.scenario ? { tickMs: this.world.tickMs } : {};
      this.#timeline = this.#begin({ seed, scenario, startMs, ...tickMs });
      this.#pacer = this.#createPacer(this.#pacer.speed);
      if (wasPlaying) this.#pacer.play();
      else this.#changed();
      return { tick: 0, deleted };
    });
  }

  stop(): Promise<void> {
    void this.pause();
    return this.#enqueue(async () => {
      this.#pacer.pause();
      this.#options.store.saveSnapshot(this.#timeline.snapshot());
    });
  }
}
