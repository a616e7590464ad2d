/**
 * The running simulation: one player of timelines, its commands, its moves through time, and those who watch.
 *
 * Commands, seeks and resets run one after another; ticks go on between the steps of a command, so a slow disk
 * never delays a tick.
 */
import { randomUUID } from "node:crypto";
import { setImmediate as immediate } from "node:timers/promises";
import type { Scenario, Simulation as SimulationStatus } from "../../schemas/index.js";
import { type Clock, type Command, type World, createManualClock, digestScenario } from "../../simulator/index.js";
import { SerialQueue } from "../core/serial-queue.js";
import { runSlice } from "../core/time-slice.js";
import type { Deadline } from "../store/deadline.js";
import { MovingError, RefusedError } from "./errors.js";
import type {
  AcceptedCommand,
  AppliedCommand,
  PendingCommand,
  SeekOutcome,
  SimulationHost,
  SimulationOptions,
} from "./simulation-host.js";
import { describeSimulation } from "./status.js";
import { TimelinePlayer } from "./timeline-player.js";
import { beginTimeline, feedSeek, resolveScenario } from "./timelines.js";

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
  readonly #player: TimelinePlayer;
  readonly #listeners = new Set<() => void>();
  /** When the latest commands were accepted, by sequence. The log itself holds no clock: a replay has another. */
  readonly #acceptedNs = new Map<number, bigint>();
  /** Commands, seeks and resets. */
  readonly #queue = new SerialQueue();
  #bootId = "";
  #scenarioDigest = "";
  #executed = 0;
  #resourceChanges = 0;
  /** The move that is under way, which a pause can end. */
  #move: { readonly isSilent: boolean; cancelled: boolean } | undefined;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#clock = options.clock ?? createManualClock().clock;
    const { world, hash, store, resumed, speed = 1 } = options;
    this.#player = new TimelinePlayer(
      { ...options, clock: this.#clock, onChange: () => this.#changed() },
      resumed ?? beginTimeline(world, hash, store),
      speed,
    );
    this.#beginBoot();
  }

  get world(): World {
    return this.#player.world;
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
      if (sequence >= this.#player.timeline.nextSequence) this.#acceptedNs.delete(sequence);
    this.#scenarioDigest = digestScenario(this.world.scenario, this.#options.hash);
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
      await this.#player.commit(pending, deadline);
      return this.#apply(pending, acceptedNs);
    });
    return deadline.race(execution);
  }

  #apply<Pending extends PendingCommand>(pending: Pending, acceptedNs: bigint): AppliedCommand<Pending> {
    const { entry, batch } = this.#player.apply(pending);
    this.#noteAcceptance(entry.sequence, acceptedNs);
    this.#executed += 1;
    if (changesResources(entry.command)) {
      this.#resourceChanges += 1;
      this.#changed();
    }
    return { pending, entry, atMs: batch.atMs };
  }

  async commandsAfter(sequence: number, limit: number): Promise<readonly AcceptedCommand[]> {
    const applied = this.#player.timeline.nextSequence - 1;
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
      timeline: this.#player.timeline,
      pacer: this.#player.pacer,
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
    if (this.#move === undefined && !this.isManual) this.#player.pacer.play();
  }

  async pause(): Promise<void> {
    this.#player.pacer.pause();
    if (this.#move === undefined) return;
    this.#move.cancelled = true;
    await this.#queue.done();
  }

  async step(ticks: number): Promise<void> {
    if (this.isMoving) return;
    this.#player.pacer.pause();
    let left = ticks;
    const isDone = () => left === 0 || this.#player.pacer.ended;
    const stepOnce = () => {
      this.#player.pacer.step(1);
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
    this.#player.pacer.step(ticks);
    this.#changed();
  }

  setSpeed(speed: number): void {
    this.#player.pacer.setSpeed(speed);
  }

  seek(tick: number): Promise<SeekOutcome> {
    return this.#queue.run(() => this.#seek(Math.min(tick, this.world.lastTick)));
  }

  async #seek(tick: number): Promise<SeekOutcome> {
    return this.#moveElsewhere(async (seeking) => {
      const { store } = this.#options;
      const isBackwards = tick < this.world.tick;
      const seek = this.#player.seek(tick);
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
      this.#player.saveSnapshot();
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
        this.#player.replace(beginTimeline({ seed, scenario, startMs, ...tickMs }, hash, store));
        this.#beginBoot();
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
    const wasPlaying = this.#player.pacer.playing;
    this.#player.pacer.pause();
    const move = { isSilent, cancelled: false };
    this.#move = move;
    this.#changed();
    try {
      return await run(move);
    } finally {
      this.#move = undefined;
      // What is broadcast goes through the pacer.
      if (isSilent) this.#player.pacer.rebase(this.world.tick);
      if (wasPlaying && !move.cancelled && !this.#player.pacer.ended) this.#player.pacer.play();
      else this.#changed();
    }
  }

  stop(): Promise<void> {
    void this.pause();
    return this.#queue.run(async () => {
      this.#player.pacer.pause();
      this.#player.saveSnapshot();
    });
  }
}
