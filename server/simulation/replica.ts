/**
 * What the ordered log is played on: the timeline, those who watch it, and the store.
 *
 * A batch is published whole, then stored. Invariant: the world changes here, entry by entry, or is replaced by another
 * timeline; nowhere else.
 */
import type { ContractEvent } from "../../schemas/index.js";
import type { Clock, Command, TickBatch, World } from "../../simulator/index.js";
import type { BroadcastEntry, CommandEntry, MoveEntry, PaceState, Position, SkipEntry } from "../cluster/entry.js";
import type { Replica } from "../cluster/ordered-log.js";
import { commandName, tickName } from "./earlier-moves.js";
import { snapshotEveryCommands, snapshotEveryTicks } from "../store/snapshot-retention.js";
import { StoreError } from "../store/store-error.js";
import type { CommandRecord, Store } from "../store/store.js";
import type { AcceptedCommand, AppliedCommand, PendingCommand, TickTiming } from "./simulation-host.js";
import type { DigestedTimeline } from "./timelines.js";

/** Commands whose acceptance is remembered: a reader of the log who follows it is never that far behind. */
const acceptedMax = 10_000;

/** A member that has just come to lead reads all of it once it holds the store. */
const incompleteLog = "The whole command log cannot be read at this moment.";

/** Its world was loaded anew while the command waited for its place. */
const abandoned = "This member has lost the log of its cluster. Repeat the request with the same Idempotency-Key.";

/** Digits by which members compare their worlds. */
const digestLength = 16;

export interface ReplicaOptions {
  readonly timeline: DigestedTimeline;
  readonly store: Store;
  readonly clock: Clock;
  /** Whether a reader of the log is told when its commands were accepted. */
  readonly tellsAcceptance: boolean;
  /** Sends a batch to every subscriber, under the name that the log has for it. */
  readonly publish: (events: readonly ContractEvent[], name: string) => void;
  /** How late a tick is that begins now, nanoseconds; undefined where it has no intended instant. */
  readonly lateNs: (tick: number, nowNs: bigint) => number | undefined;
  readonly observeTick?: ((timing: TickTiming) => void) | undefined;
  /** Told when a list that was read before is outdated. */
  readonly onResourceChange: () => void;
  /** Told how another member of the cluster paces the ticks. */
  readonly setPace: (pace: PaceState) => void;
  /** Told of each move that the log has from before this replica's first one. */
  readonly onEarlier: (move: MoveEntry) => void;
  /** Told of the first one, before it is played. */
  readonly onFirst: () => void;
}

/** Whether a list that was read before is outdated by it; a message and a status are told by an event. */
function changesResources(command: Command): boolean {
  if (command.type === "postMessage") return false;
  return command.type !== "patchAgent" || Object.keys(command.patch).some((field) => field !== "status");
}

/** Where a command came to be. */
type Place = Omit<AppliedCommand<PendingCommand>, "pending">;

export class SimulationReplica implements Replica {
  readonly #options: ReplicaOptions;
  /** When the latest commands were accepted, by sequence. The log itself holds no clock: a replay has another. */
  readonly #acceptedNs = new Map<number, bigint>();
  #timeline: DigestedTimeline;
  /** Timelines before this one: a tick of each has the same number. */
  #earlierTimelines = -1;
  /** The command that is being stored or waits for its place: ticks of this time come before it. */
  #pending: PendingCommand | undefined;
  #onApplied: ((place: Place) => void) | undefined;
  #hasPlayed = false;
  #onAbandoned: ((error: StoreError) => void) | undefined;
  #executed = 0;
  #resourceChanges = 0;
  /** Of the last command in the newest stored snapshot. */
  #snapshotSequence = 0;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#timeline = options.timeline;
  }

  get timeline(): DigestedTimeline {
    return this.#timeline;
  }

  get world(): World {
    return this.#timeline.world;
  }

  get position(): Position {
    return { tick: this.world.tick, sequence: this.#timeline.nextSequence - 1 };
  }

  get executed(): number {
    return this.#executed;
  }

  get resourceChanges(): number {
    return this.#resourceChanges;
  }

  digest(): string {
    return this.#timeline.observer.value.slice(0, digestLength);
  }

  /** Another past begins. @param timeline @default the present one, which was moved */
  restart(timeline: DigestedTimeline = this.#timeline): void {
    this.#earlierTimelines += 1;
    this.reload(timeline);
  }

  /** The same past goes on, as it was loaded anew. */
  reload(timeline: DigestedTimeline): void {
    if (timeline !== this.#timeline) this.#snapshotSequence = 0;
    this.#timeline = timeline;
    this.#pending = undefined;
    this.#onApplied = undefined;
    this.#onAbandoned?.(new StoreError(abandoned));
    for (const sequence of this.#acceptedNs.keys())
      if (sequence >= timeline.nextSequence) this.#acceptedNs.delete(sequence);
  }

  runTick(): void {
    const { clock, publish, lateNs, observeTick } = this.#options;
    this.#begin();
    const beganNs = clock.nowNs();
    const batch = this.#timeline.step();
    publish(batch.events, this.#nameOf(tickName(batch.tick)));
    this.#record(batch);
    const late = lateNs(batch.tick, beganNs);
    if (late === undefined) return;
    observeTick?.({ latenessMs: late / 1e6, durationMs: Number(clock.nowNs() - beganNs) / 1e6 });
  }

  skip({ toTick }: SkipEntry): void {
    this.#begin();
    while (this.world.tick < toTick) this.#record(this.#timeline.step());
  }

  applyCommand({ command, acceptedNs }: CommandEntry): void {
    this.#begin();
    const { entry, batch } = this.#timeline.apply(command);
    this.#noteAcceptance(entry.sequence, acceptedNs);
    this.#executed += 1;
    this.#pending = undefined;
    this.#options.publish(batch.events, this.#nameOf(commandName(entry.sequence)));
    if (changesResources(entry.command)) {
      this.#resourceChanges += 1;
      this.#options.onResourceChange();
    }
    if (entry.sequence - this.#snapshotSequence >= snapshotEveryCommands) this.saveSnapshot();
    if (this.#onApplied === undefined) this.#options.store.recordPlace({ entry });
    this.#onApplied?.({ entry, atMs: batch.atMs });
    this.#onApplied = undefined;
  }

  repeat(move: MoveEntry): void {
    if (!this.#hasPlayed) this.#options.onEarlier(move);
  }

  broadcast({ member, number, events }: BroadcastEntry): void {
    this.#options.publish(events, `m${member}.${number}`);
  }

  setPace(pace: PaceState): void {
    this.#options.setPace(pace);
  }

  /**
   * Stores a command and lets `propose` give it its place, which may be behind ticks that pass meanwhile.
   *
   * @returns when it has been applied
   */
  async execute<Pending extends PendingCommand>(
    pending: Pending,
    commit: (record: CommandRecord) => Promise<void>,
    propose: () => void,
  ): Promise<AppliedCommand<Pending>> {
    this.#pending = pending;
    try {
      await commit(this.#recordOf(pending));
    } catch (error) {
      this.#pending = undefined;
      throw error;
    }
    const applied = new Promise<Place>((resolve, reject) => {
      this.#onApplied = resolve;
      this.#onAbandoned = reject;
    });
    propose();
    return { pending, ...(await applied) };
  }

  saveSnapshot(): void {
    const snapshot = this.#timeline.snapshot();
    this.#snapshotSequence = snapshot.sequence;
    this.#options.store.saveSnapshot(snapshot);
  }

  async commandsAfter(sequence: number, limit: number): Promise<readonly AcceptedCommand[]> {
    const applied = this.#timeline.nextSequence - 1;
    // Readers follow the log closely: mostly there is nothing new.
    if (sequence >= applied) return [];
    const count = Math.min(limit, applied - sequence);
    const entries = await this.#options.store.commands(sequence, count);
    // What is applied is durable. A reader would take what is missing for commands that never were.
    if (entries.length < count) throw new StoreError(incompleteLog);
    return entries.map((entry) => {
      const acceptedNs = this.#acceptedNs.get(entry.sequence);
      return acceptedNs === undefined ? entry : Object.assign({ acceptedNs: String(acceptedNs) }, entry);
    });
  }

  #begin(): void {
    if (this.#hasPlayed) return;
    this.#hasPlayed = true;
    this.#options.onFirst();
  }

  #nameOf(name: string): string {
    return this.#earlierTimelines === 0 ? name : `${name}~${this.#earlierTimelines}`;
  }

  #record(batch: TickBatch): void {
    this.#options.store.recordBatch(batch, this.#pending && this.#recordOf(this.#pending));
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

  #noteAcceptance(sequence: number, acceptedNs: bigint): void {
    if (!this.#options.tellsAcceptance) return;
    this.#acceptedNs.set(sequence, acceptedNs);
    const [oldest] = this.#acceptedNs.keys();
    if (oldest !== undefined && this.#acceptedNs.size > acceptedMax) this.#acceptedNs.delete(oldest);
  }
}
