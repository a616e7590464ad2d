/**
 * The running simulation: its pacing, its commands and its moves through time.
 *
 * It proposes; the ordered log decides and has the replica apply what is decided. Commands, seeks and resets run one
 * after another; ticks go on between the steps of a command, so a slow disk never delays a tick.
 */
import { randomUUID } from "node:crypto";
import { setImmediate as immediate } from "node:timers/promises";
import type { ContractEvent, Scenario, Simulation as SimulationStatus } from "../../schemas/index.js";
import {
  type Clock,
  type Pacer,
  type World,
  createManualClock,
  createPacer,
  digestScenario,
} from "../../simulator/index.js";
import { createLocalLog } from "../cluster/local-log.js";
import type { OrderedLog } from "../cluster/ordered-log.js";
import { SerialQueue } from "../core/serial-queue.js";
import { runSlice } from "../core/time-slice.js";
import type { Deadline } from "../store/deadline.js";
import { EarlierMoves } from "./earlier-moves.js";
import { MovingError, RefusedError } from "./errors.js";
import { SimulationReplica } from "./replica.js";
import type {
  AcceptedCommand,
  AppliedCommand,
  FollowingSimulation,
  PendingCommand,
  SeekOutcome,
  SimulationOptions,
} from "./simulation-host.js";
import { describeSimulation } from "./status.js";
import { type DigestedTimeline, beginTimeline, feedSeek, resolveScenario } from "./timelines.js";

const nothingDeleted = { messages: 0, candles: 0, commands: 0 } as const;
/** Ticks between two looks at the clock while seeking; about a millisecond. */
const ticksPerLook = 64;

/** A simulation at its first tick, at rest until `play`. */
export function createSimulation(options: SimulationOptions): FollowingSimulation {
  return new RunningSimulation(options);
}

/** A move that is under way. */
interface Move {
  readonly isSilent: boolean;
  cancelled: boolean;
}

class RunningSimulation implements FollowingSimulation {
  readonly #options: SimulationOptions;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  readonly #replica: SimulationReplica;
  /** Of a member of a cluster that recovers clients of other members. */
  readonly #earlier: EarlierMoves | undefined;
  readonly #log: OrderedLog;
  /** False while another member of the cluster leads. */
  #isLeading: boolean;
  #pacer: Pacer;
  #bootId = "";
  #scenarioDigest = "";
  /** Commands, seeks and resets. */
  readonly #queue = new SerialQueue();
  /** The move that is under way, which a pause can end. */
  #move: Move | undefined;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#clock = options.clock ?? createManualClock().clock;
    const { world, hash, store, resumed, publish, observeTick, onEarlierBatch } = options;
    this.#replica = new SimulationReplica({
      timeline: resumed ?? beginTimeline(world, hash, store),
      store,
      clock: this.#clock,
      tellsAcceptance: !this.isManual,
      publish,
      observeTick,
      lateNs: (tick, nowNs) => this.#pacer.lateNs(tick, nowNs),
      onResourceChange: () => this.#changed(),
      setPace: (pace) => this.#pacer.follow(pace),
      onEarlier: (move) => this.#earlier?.take(move),
      onFirst: () => this.#earlier?.end(),
    });
    if (onEarlierBatch !== undefined)
      this.#earlier = new EarlierMoves({ timeline: this.#replica.timeline, store, onBatch: onEarlierBatch });
    this.#isLeading = options.createLog === undefined;
    this.#log = (options.createLog ?? createLocalLog)(this.#replica, this.#replica.position);
    this.#beginBoot();
    this.#pacer = this.#createPacer(options.speed ?? 1);
  }

  get world(): World {
    return this.#replica.world;
  }

  get executed(): number {
    return this.#replica.executed;
  }

  get isMoving(): boolean {
    return this.#move !== undefined;
  }

  get isManual(): boolean {
    return this.#options.clock === null;
  }

  /** Another past: who has followed the old one must begin anew. */
  #beginBoot(timeline?: DigestedTimeline): void {
    this.#replica.restart(timeline);
    this.#log.restore(this.#replica.position);
    this.#bootId = this.#options.bootId ?? randomUUID();
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
      runTick: () => this.#log.proposeTick(),
      onChange: () => this.#paceChanged(),
      mayRun: () => this.#log.hasRoom,
    });
  }

  #paceChanged(): void {
    const { playing, speed, slips, anchors } = this.#pacer;
    if (this.#isLeading) this.#log.proposePace({ playing, speed, slips, anchors });
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  execute<Pending extends PendingCommand>(
    buildCommand: () => Pending,
    deadline: Deadline = this.#options.store.deadline(),
  ): Promise<AppliedCommand<Pending>> {
    deadline.blame(() => (this.isMoving ? new MovingError() : undefined));
    const execution = this.#queue.run(async () => {
      // Whoever asked for it was answered while it waited for its turn.
      deadline.assertLeft();
      const pending = buildCommand();
      const refusal = this.world.refuses(pending.command);
      if (refusal !== null) throw new RefusedError(refusal);
      const acceptedNs = this.#clock.nowNs();
      return await this.#replica.execute(
        pending,
        (record) => this.#options.store.commit(record, deadline),
        () => this.#log.proposeCommand(pending.command, acceptedNs),
      );
    });
    return deadline.race(execution);
  }

  commandsAfter(sequence: number, limit: number): Promise<readonly AcceptedCommand[]> {
    return this.#replica.commandsAfter(sequence, limit);
  }

  status(): SimulationStatus {
    return describeSimulation({
      bootId: this.#bootId,
      scenarioDigest: this.#scenarioDigest,
      timeline: this.#replica.timeline,
      pacer: this.#pacer,
      isSeeking: this.#move?.isSilent === true,
      resourceChanges: this.#replica.resourceChanges,
      nowNs: this.#clock.nowNs(),
      uncertaintyNs: this.#options.clockUncertaintyNs?.(),
    });
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  lead(tick: number): void {
    this.#isLeading = true;
    this.#pacer.lead(tick);
  }

  async regenerate(name: string): Promise<ReadonlyMap<string, readonly ContractEvent[]>> {
    return (await this.#earlier?.regenerate(name)) ?? new Map();
  }

  follow(): void {
    this.#isLeading = false;
    const { playing, speed, slips, anchors } = this.#pacer;
    this.#pacer.follow({ playing, speed, slips, anchors });
  }

  reload(timeline: DigestedTimeline): void {
    this.#replica.reload(timeline);
    this.#log.restore(this.#replica.position);
    this.#changed();
  }

  play(): void {
    if (this.#move === undefined && !this.isManual) this.#pacer.play();
  }

  async pause(): Promise<void> {
    this.#pacer.pause();
    if (this.#move !== undefined) {
      this.#move.cancelled = true;
      await this.#queue.done();
    }
    await this.#log.settled();
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
            await this.#log.settled();
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

  #seek(tick: number): Promise<SeekOutcome> {
    return this.#moveElsewhere((move) =>
      tick < this.world.tick ? this.#seekBack(tick, move) : this.#skipTo(tick, move),
    );
  }

  async #skipTo(tick: number, move: Move): Promise<SeekOutcome> {
    const isOver = () => this.world.tick >= tick || move.cancelled;
    while (!isOver()) {
      let proposed = this.world.tick;
      runSlice(
        () => proposed >= tick || isOver() || !this.#log.hasRoom,
        () => this.#log.proposeSkip((proposed = Math.min(tick, proposed + ticksPerLook))),
      );
      await this.#log.settled();
      await immediate();
    }
    return { tick: this.world.tick, deleted: nothingDeleted };
  }

  async #seekBack(tick: number, move: Move): Promise<SeekOutcome> {
    const { store } = this.#options;
    const seek = this.#replica.timeline.seek(tick);
    const isOver = () => seek.done || move.cancelled;
    while (!isOver()) {
      await feedSeek(seek, store);
      runSlice(
        () => isOver() || seek.wantsAfter !== undefined,
        () => seek.run(ticksPerLook),
      );
      await immediate();
    }
    if (!seek.done) return { tick: this.world.tick, deleted: nothingDeleted };
    const deleted = await store.truncate(tick);
    seek.settle();
    this.#beginBoot();
    // Else a restart would have to live through all that lies before.
    this.#replica.saveSnapshot();
    return { tick, deleted };
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
        this.#beginBoot(beginTimeline({ seed, scenario, startMs, ...tickMs }, hash, store));
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
    run: (move: Move) => Promise<Outcome>,
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
      this.#replica.saveSnapshot();
    });
  }
}
