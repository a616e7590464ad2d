/**
 * Plays one timeline: the only place where a world is stepped, or changed by a command.
 *
 * A tick's batch is published whole, then stored; a command is stored, then applied and its batch published. Snapshots
 * are stored on the way, so that a restart plays few ticks and commands again.
 */
import {
  type Clock,
  type LoggedCommand,
  type Pacer,
  type Seek,
  type TickBatch,
  type World,
  createPacer,
} from "../../simulator/index.js";
import { snapshotEveryCommands, snapshotEveryTicks } from "../store/snapshot-retention.js";
import type { Deadline } from "../store/deadline.js";
import type { CommandRecord } from "../store/store.js";
import type { PendingCommand, SimulationOptions } from "./simulation-host.js";
import type { DigestedTimeline } from "./timelines.js";

export interface PlayerOptions extends Pick<SimulationOptions, "publish" | "store" | "observeTick"> {
  readonly clock: Clock;
  /** The pacer plays, pauses, changes speed or ends. */
  readonly onChange: () => void;
}

export class TimelinePlayer {
  readonly #options: PlayerOptions;
  #timeline: DigestedTimeline;
  #pacer: Pacer;
  /** The command that is being stored: ticks of this time come before it. */
  #committing: PendingCommand | undefined;
  /** Of the last command in the newest stored snapshot. */
  #snapshotSequence = 0;

  constructor(options: PlayerOptions, timeline: DigestedTimeline, speed: number) {
    this.#options = options;
    this.#timeline = timeline;
    this.#pacer = this.#createPacer(speed);
  }

  get timeline(): DigestedTimeline {
    return this.#timeline;
  }

  get world(): World {
    return this.#timeline.world;
  }

  get pacer(): Pacer {
    return this.#pacer;
  }

  /** Goes on with a timeline at its first tick, at the same speed, paused. */
  replace(timeline: DigestedTimeline): void {
    this.#timeline = timeline;
    this.#snapshotSequence = 0;
    this.#pacer = this.#createPacer(this.#pacer.speed);
  }

  /** Stores a command. Resolves once it is durable; then apply it at once. */
  async commit(pending: PendingCommand, deadline: Deadline): Promise<void> {
    this.#committing = pending;
    try {
      await this.#options.store.commit(this.#recordOf(pending), deadline);
    } finally {
      this.#committing = undefined;
    }
  }

  /** Applies a command that is durable, and publishes what it yields. */
  apply({ command }: PendingCommand): { readonly entry: LoggedCommand; readonly batch: TickBatch } {
    const applied = this.#timeline.apply(command);
    this.#options.publish(applied.batch.events);
    if (applied.entry.sequence - this.#snapshotSequence >= snapshotEveryCommands) this.saveSnapshot();
    return applied;
  }

  /** A silent move to a tick: nothing is published; what lies ahead is stored, what lies behind is stored already. */
  seek(tick: number): Seek {
    const isBackwards = tick < this.world.tick;
    return this.#timeline.seek(tick, isBackwards ? undefined : (batch) => this.#record(batch));
  }

  saveSnapshot(): void {
    const snapshot = this.#timeline.snapshot();
    this.#snapshotSequence = snapshot.sequence;
    this.#options.store.saveSnapshot(snapshot);
  }

  #createPacer(speed: number): Pacer {
    const { clock, onChange } = this.#options;
    const { tick: fromTick, tickMs, lastTick } = this.world;
    const runTick = (lateNs: number | undefined): void => this.#runTick(lateNs);
    return createPacer({ clock, tickMs, speed, fromTick, lastTick, runTick, onChange });
  }

  #runTick(lateNs: number | undefined): void {
    const { clock, publish, observeTick } = this.#options;
    const beganNs = clock.nowNs();
    const batch = this.#timeline.step();
    publish(batch.events);
    this.#record(batch);
    if (lateNs === undefined) return;
    observeTick?.({ latenessMs: lateNs / 1e6, durationMs: Number(clock.nowNs() - beganNs) / 1e6 });
  }

  #record(batch: TickBatch): void {
    this.#options.store.recordBatch(batch, this.#committing && this.#recordOf(this.#committing));
    if (batch.tick % snapshotEveryTicks === 0) this.saveSnapshot();
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
}
