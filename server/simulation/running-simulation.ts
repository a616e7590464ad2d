/**
 * The running simulation: one timeline, its pacing, its commands and those who watch.
 *
 * The only place where a world is stepped or changed. A batch is published whole, then
 * stored. Commands, seeks and resets run one after another; ticks go on
 * between the steps of a command, so a slow disk never delays a tick.
 */
import { randomUUID } from "node:crypto";
import { setImmediate as immediate } from "node:timers/promises";
import type { Scenario, Simulation as SimulationStatus } from "../../schemas/index.js";
import {
  type Clock,
  type Command,
  type Pacer,
  type TickBatch,
  type World,
  createManualClock,
  createPacer,
  digestScenario,
} from "../../simulator/index.js";
import { MovingError } from "./moving-error.js";
import { RefusedError } from "./refused-error.js";
import { resolveScenario } from "./resolve-scenario.js";
import type {
  AcceptedCommand,
  AppliedCommand,
  PendingCommand,
  SeekOutcome,
  SimulationHost,
  SimulationOptions,
} from "./simulation-host.js";
import { describeSimulation } from "./status.js";
import type { Deadline } from "../store/deadline.js";
import type { CommandRecord } from "../store/store.js";
import { snapshotEveryCommands, snapshotEveryTicks } from "../store/snapshot-retention.js";
import { runSlice } from "../core/time-slice.js";
import { type DigestedTimeline, beginTimeline, feedSeek } from "./timelines.js";
import { SerialQueue } from "../core/serial-queue.js";

const nothingDeleted = { messages: 0, candles: 0, commands: 0 } as const;
/** Commands whose acceptance is remembered: a reader of the log who follows it is never that far behind. */
const acceptedMax = 10_000;
/** Batches between two looks at the clock while seeking; about a millisecond. */
const batchesPerLook = 64;

/** A simulation at its first tick, at rest until `play`. */
export function createSimulation(options: SimulationOptions): SimulationHost {
  return new RunningSimulation(options);
}

/** Whether a list that was read before is outdated by it; a message and a status are told by an event. */
function changesResources(command: Command): boolean {
  if (command.type === "postMessage") return false;
  return command.type !== "patchAgent" || Object.keys(command.patch).some((field) => field !== "status");
}

class RunningSimulation implements SimulationHost {
  readonly #options: SimulationOptions;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  /** When the latest commands were accepted, by sequence. The log itself holds no clock: a replay has another. */
  readonly #acceptedNs = new Map<number, bigint>();
  #timeline: DigestedTimeline;
  #pacer: Pacer;
  #bootId = "";
  #scenarioDigest = "";
  /** Commands, seeks and resets. */
  readonly #queue = new SerialQueue();
  #executed = 0;
  /** The command that is being stored: ticks of this time come before it. */
  #committing: PendingCommand | undefined;
  #resourceChanges = 0;
  /** Of the last command in the newest stored snapshot. */
  #snapshotSequence = 0;
  /** The move that is under way, which a pause can end. */
  #move: { readonly isSilent: boolean; cancelled: boolean } | undefined;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#clock = options.clock ?? createManualClock().clock;
    const { world, hash, store, resumed } = options;
    this.#timeline = resumed ?? beginTimeline(world, hash, store);
    this.#beginBoot();
    this.#pacer = this.#createPacer(options.speed ?? 1);
  }

  get world(): World {
    return this.#timeline.world;
  }

  get executed(): number {
    return this.#executed;
  }

  get isMoving(): boolean {
    return this.#move !== undefined;
  }

  get isManual(): boolean {
    return this.#options.clock === null;
  }

  /** Another past: who has followed the old one must begin anew. */
  #beginBoot(): void {
    this.#bootId = randomUUID();
    for (const sequence of this.#acceptedNs.keys())
      if (sequence >= this.#timeline.nextSequence) this.#acceptedNs.delete(sequence);
    this.#scenarioDigest = digestScenario(this.world.scenario, this.#options.hash);
  }

  #createPacer(speed: number): Pacer {
    const { tick, tickMs, lastTick } = this.world;
    return createPacer({
      clock: this.#clock,
      tickMs,
      speed,
      fromTick: tick,
      lastTick,
      runTick: (lateNs) => this.#runTick(lateNs),
      onChange: () => this.#changed(),
    });
  }

  #runTick(lateNs: number | undefined): void {
    const { publish, observeTick } = this.#options;
    const clock = this.#clock;
    const beganNs = clock.nowNs();
    const batch = this.#timeline.step();
    publish(batch.events);
    this.#record(batch);
    if (lateNs === undefined) return;
    observeTick?.({ latenessMs: lateNs / 1e6, durationMs: Number(clock.nowNs() - beganNs) / 1e6 });
  }

  #record(batch: TickBatch): void {
    const { store } = this.#options;
    store.recordBatch(batch, this.#committing && this.#recordOf(this.#committing));
    if (batch.tick % snapshotEveryTicks === 0) this.#saveSnapshot();
  }

  #saveSnapshot(): void {
    const snapshot = this.#timeline.snapshot();
    this.#snapshotSequence = snapshot.sequence;
    this.#options.store.saveSnapshot(snapshot);
  }

  #noteAcceptance(sequence: number, acceptedNs: bigint): void {
    if (this.isManual) return;
    this.#acceptedNs.set(sequence, acceptedNs);
    const [oldest] = this.#acceptedNs.keys();
    if (this.#acceptedNs.size > acceptedMax) this.#acceptedNs.delete(oldest);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  execute<Pending extends PendingCommand>(
    buildCommand: () => Pending,
    deadline: Deadline = this.#options.store.deadline(),
  ) {
    deadline.blame(() => (this.isMoving ? new MovingError() : undefined));
    const execution = this.#queue.run(async () => {
      // Whoever asked for it was answered while it waited for its turn.
      deadline.assertLeft();
      const pending = buildCommand();
      const refusal = this.world.refuses(pending.command);
      if (refusal !== null) throw new RefusedError(refusal);
      const acceptedNs = this.#clock.nowNs();
      await this.#commit(pending, deadline);
      return this.#apply(pending, acceptedNs);
    });
    return deadline.race(execution);
  }

  async #commit(pending: PendingCommand, deadline: Deadline): Promise<void> {
    this.#committing = pending;
    try {
      await this.#options.store.commit(this.#recordOf(pending), deadline);
    } finally {
      this.#committing = undefined;
    }
  }

  /** What is stored of the command where it comes after the present tick. */
  #recordOf({ command, message, key, respond }: PendingCommand): CommandRecord {
    const { world, nextSequence } = this.#timeline;
    const response = key && respond && { ...key, ...respond(world.nowMs) };
    return {
      entry: { afterTick: world.tick, sequence: nextSequence, command },
      ...(message && { message }),
      ...(response && { response }),
    };
  }

  #apply<Pending extends PendingCommand>(pending: Pending, acceptedNs: bigint): AppliedCommand<Pending> {
    const { entry, batch } = this.#timeline.apply(pending.command);
    this.#noteAcceptance(entry.sequence, acceptedNs);
    this.#executed += 1;
    this.#options.publish(batch.events);
    if (changesResources(entry.command)) {
      this.#resourceChanges += 1;
      this.#changed();
    }
    if (entry.sequence - this.#snapshotSequence >= snapshotEveryCommands) this.#saveSnapshot();
    return { pending, entry, atMs: batch.atMs };
  }

  async commandsAfter(sequence: number, limit: number): Promise<readonly AcceptedCommand[]> {
    const applied = this.#timeline.nextSequence - 1;
    // Readers follow the log closely: mostly there is nothing new.
    if (sequence >= applied) return [];
    const entries = await this.#options.store.commands(sequence, Math.min(limit, applied - sequence));
    return entries.map((entry) => {
      const acceptedNs = this.#acceptedNs.get(entry.sequence);
      return acceptedNs === undefined ? entry : Object.assign({ acceptedNs: String(acceptedNs) }, entry);
    });
  }

  status(): SimulationStatus {
    return describeSimulation({
      bootId: this.#bootId,
      scenarioDigest: this.#scenarioDigest,
      timeline: this.#timeline,
      pacer: this.#pacer,
      isSeeking: this.#move?.isSilent === true,
      resourceChanges: this.#resourceChanges,
      nowNs: this.#clock.nowNs(),
    });
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  play(): void {
    if (this.#move === undefined && !this.isManual) this.#pacer.play();
  }

  async pause(): Promise<void> {
    this.#pacer.pause();
    if (this.#move === undefined) return;
    this.#move.cancelled = true;
    await this.#queue.done();
  }

  async step(ticks: number): Promise<void> {
    if (this.isMoving) return;
    this.#pacer.pause();
    let left = ticks;
    const isDone = () => left === 0 || this.#pacer.ended;
    const stepOnce = () => {
      this.#pacer.step(1);
      left -= 1;
    };
    runSlice(isDone, stepOnce);
    this.#changed();
    if (isDone()) return;
    await this.#queue.run(() =>
      this.#moveElsewhere(
        async (move) => {
          while (!isDone() && !move.cancelled) {
            await immediate();
            runSlice(isDone, stepOnce);
          }
        },
        { isSilent: false },
      ),
    );
  }

  advance(ticks: number): void {
    if (this.isMoving) return;
    this.#pacer.step(ticks);
    this.#changed();
  }

  setSpeed(speed: number): void {
    this.#pacer.setSpeed(speed);
  }

  seek(tick: number): Promise<SeekOutcome> {
    return this.#queue.run(() => this.#seek(Math.min(tick, this.world.lastTick)));
  }

  async #seek(tick: number): Promise<SeekOutcome> {
    return this.#moveElsewhere(async (seeking) => {
      const { store } = this.#options;
      const isBackwards = tick < this.world.tick;
      // What lies behind the present tick is stored already, and is only lived through again.
      const seek = this.#timeline.seek(tick, isBackwards ? undefined : (batch) => this.#record(batch));
      const isOver = () => seek.done || seeking.cancelled;
      while (!isOver()) {
        await feedSeek(seek, store);
        runSlice(
          () => isOver() || seek.wantsAfter !== undefined,
          () => seek.run(batchesPerLook),
        );
        await immediate();
      }
      if (!isBackwards || !seek.done) return { tick: this.world.tick, deleted: nothingDeleted };
      const deleted = await store.truncate(tick);
      seek.settle();
      this.#beginBoot();
      // Else a restart would have to live through all that lies before.
      this.#saveSnapshot();
      return { tick, deleted };
    });
  }

  reset(to: { readonly seed?: string; readonly scenario?: Scenario | string }): Promise<SeekOutcome> {
    return this.#queue.run(() =>
      this.#moveElsewhere(async () => {
        const { hash, store } = this.#options;
        const { scenario: present, startMs } = this.world;
        const { seed = this.world.seed } = to;
        // By name, as one's own scenario is known here only.
        const isSame = to.scenario === undefined || to.scenario === present.name;
        const scenario = isSame ? present : resolveScenario(to.scenario);
        const deleted = await store.truncate(-1);
        // Another scenario brings its own tick; the same one keeps what was asked for at the start.
        const tickMs = isSame ? { tickMs: this.world.tickMs } : {};
        this.#timeline = beginTimeline({ seed, scenario, startMs, ...tickMs }, hash, store);
        this.#snapshotSequence = 0;
        this.#beginBoot();
        this.#pacer = this.#createPacer(this.#pacer.speed);
        return { tick: 0, deleted };
      }),
    );
  }

  /**
   * While the market moves elsewhere nobody else plays or moves it, and a pause holds afterwards. A silent move is
   * seen as seeking; else it is broadcast as it goes.
   */
  async #moveElsewhere<Outcome>(
    run: (move: { readonly cancelled: boolean }) => Promise<Outcome>,
    { isSilent }: { readonly isSilent: boolean } = { isSilent: true },
  ): Promise<Outcome> {
    const wasPlaying = this.#pacer.playing;
    this.#pacer.pause();
    const move = { isSilent, cancelled: false };
    this.#move = move;
    this.#changed();
    try {
      return await run(move);
    } finally {
      this.#move = undefined;
      // What is broadcast goes through the pacer.
      if (isSilent) this.#pacer.rebase(this.world.tick);
      if (wasPlaying && !move.cancelled && !this.#pacer.ended) this.#pacer.play();
      else this.#changed();
    }
  }

  stop(): Promise<void> {
    void this.pause();
    return this.#queue.run(async () => {
      this.#pacer.pause();
      this.#saveSnapshot();
    });
  }
}
