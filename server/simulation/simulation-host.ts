/** The running simulation as the rest of the server sees it: what it may be asked, and what it needs. */
import type {
  ContractEvent,
  DeletedRows,
  Message,
  Scenario,
  Simulation as SimulationStatus,
} from "../../schemas/index.js";
import type { Clock, Command, LoggedCommand, World, WorldOptions } from "../../simulator/index.js";
import type { Position } from "../cluster/entry.js";
import type { OrderedLog, Replica } from "../cluster/ordered-log.js";
import type { Deadline } from "../store/deadline.js";
import type { RequestKey, Store, StoredResponse } from "../store/store.js";
import type { DigestedTimeline } from "./timelines.js";

/** A command as it was built from a request. It becomes a `LoggedCommand` when it gets its place in the log. */
export interface PendingCommand {
  readonly command: Command;
  /** The row that is stored with it. */
  readonly message?: Message;
  /** Under which its response is stored. @default it is not */
  readonly key?: RequestKey;
  /** What is answered where the command is applied at this instant; ticks may pass before. */
  readonly respond?: (atMs: number) => Omit<StoredResponse, keyof RequestKey>;
}

/** A command that has been applied. */
export interface AppliedCommand<Pending extends PendingCommand> {
  readonly pending: Pending;
  readonly entry: LoggedCommand;
  /** Simulated time, epoch milliseconds. */
  readonly atMs: number;
}

/** A command of the log, with when it was accepted where this process has done so recently on a clock of its own. */
export interface AcceptedCommand extends LoggedCommand {
  /** On the monotonic clock of host or cluster. */
  readonly acceptedNs?: string;
}

/** What the API and the library may do with the running simulation. */
export interface SimulationHost {
  /** The world of the present timeline. Read it; change it only through `execute`. */
  readonly world: World;
  /** True while it seeks, resets or runs steps: no other move is taken but a pause. */
  readonly isMoving: boolean;
  /** True when there is no clock: ticks run only by `step` and `seek`. */
  readonly isManual: boolean;
  /**
   * Stores a command, applies it between two ticks and broadcasts its events as a batch of their own.
   * Commands run one after another; each is built when its turn has come, on the world as it then is. Ticks that
   * pass while it is stored come before it: its place in the log and its stored response follow.
   * Rejects with what `buildCommand` throws, with `RefusedError` when the world refuses the
   * command, with `StoreError` when it cannot be stored before the deadline, with `MovingError` when a move has
   * not ended by then; then nothing has changed.
   *
   * @param deadline of the request that it belongs to @default one that begins now
   */
  execute<Pending extends PendingCommand>(
    buildCommand: () => Pending,
    deadline?: Deadline,
  ): Promise<AppliedCommand<Pending>>;
  /** Commands executed so far: with world and tick it tells whether anything in the world has changed. */
  readonly executed: number;
  /**
   * Log entries with a larger sequence, in order, from the store. Only those that are applied: before that the tick
   * after which a command comes can still change.
   */
  commandsAfter(sequence: number, limit: number): Promise<readonly AcceptedCommand[]>;
  /** The answer of GET /api/simulation. */
  status(): SimulationStatus;
  /** Calls back at each change of state, speed, timeline or anchors. Returns how to stop it. */
  onChange(listener: () => void): () => void;
  /** Does nothing where there is no clock, or no time left: after the last tick that a timestamp can name. */
  play(): void;
  /** Pauses at a tick boundary, at once. Ends a seek that is under way where it has come to, and resolves after that. */
  pause(): Promise<void>;
  /**
   * Pauses, then runs and broadcasts this many ticks as fast as it goes. In slices: others get their turn, and a
   * pause ends what is not done within the first one.
   */
  step(ticks: number): Promise<void>;
  /** The same at once, for a world without a clock: nothing else happens meanwhile. */
  advance(ticks: number): void;
  /** Simulated seconds a second. */
  setSpeed(speed: number): void;
  /** Runs silently to a tick, the world's last one at most; backwards starts a new timeline and deletes what came later. */
  seek(tick: number): Promise<SeekOutcome>;
  /** Starts again from tick 0, with another seed or scenario if given. */
  reset(to: { readonly seed?: string; readonly scenario?: Scenario | string }): Promise<SeekOutcome>;
  /** Stops for good at a tick boundary, after the commands under way, and leaves a snapshot in the store. */
  stop(): Promise<void>;
}

/** What a new timeline deleted. */
export interface SeekOutcome {
  readonly tick: number;
  readonly deleted: DeletedRows;
}

export interface SimulationOptions {
  readonly world: WorldOptions;
  /** Null stands still: ticks run only by `step` and `seek`. */
  readonly clock: Clock | null;
  /** By how much the instant that `clock` told last may be off, nanoseconds. @default it is exact */
  readonly clockUncertaintyNs?: () => number;
  /** Simulated seconds a second. @default 1 */
  readonly speed?: number;
  /** Sends a batch to every subscriber, under the name that the log has for it. */
  readonly publish: (events: readonly ContractEvent[], name: string) => void;
  readonly store: Store;
  /** What the store kept of this very world, played up to where it stopped. @default a new timeline */
  readonly resumed?: DigestedTimeline | null;
  /** SHA-256 of a text, as 64 hexadecimal digits. */
  readonly hash: (text: string) => string;
  /** Told of each tick that was played. @default nobody */
  readonly observeTick?: (timing: TickTiming) => void;
  /** Of the timeline. @default a new one at each start */
  readonly bootId?: string;
  /** The order of everything that happens, of a member of a cluster. @default this process's own */
  readonly createLog?: (replica: Replica, position: Position) => OrderedLog;
  /** Told the name of each batch that other members broadcast before this one was there. @default nobody */
  readonly onEarlierBatch?: (name: string) => void;
}

/** A simulation that follows the log of a cluster, and may come to lead it. */
export interface FollowingSimulation extends SimulationHost {
  /** From now on this member decides when ticks are run. @param tick the last one that is proposed */
  lead(tick: number): void;
  /** Another member does. */
  follow(): void;
  /**
   * What other members broadcast under this name, and after it until this one was there, by name. Rejects where that
   * cannot be told for certain, or takes too long.
   */
  regenerate(name: string): Promise<ReadonlyMap<string, readonly ContractEvent[]>>;
  /** Goes on with the same market as it was loaded anew: the present world is not the cluster's. */
  reload(timeline: DigestedTimeline): void;
}

/** How punctual a tick was, milliseconds. */
export interface TickTiming {
  /** From the intended instant to the beginning. */
  readonly latenessMs: number;
  /** From the beginning until the batch was handed to every subscriber's connection. */
  readonly durationMs: number;
}
