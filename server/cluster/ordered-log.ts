/** The one order of everything that happens to a running simulation, as the simulation uses it. */
import type { Command } from "../../simulator/index.js";
import type { BroadcastEntry, CommandEntry, MoveEntry, PaceState, Position, SkipEntry, TickEntry } from "./entry.js";

/**
 * Decides the order. What is proposed is played on the simulation's replica when the log gives it back: at once in a
 * single process.
 */
export interface OrderedLog {
  /** The next tick. */
  proposeTick(): void;
  /** A durable command, after everything that was proposed before it. */
  proposeCommand(command: Command, acceptedNs: bigint): void;
  /** The ticks up to this one, silently. */
  proposeSkip(toTick: number): void;
  /** How ticks are paced from now on. */
  proposePace(pace: PaceState): void;
  /** False where as much is undecided as may be. */
  readonly hasRoom: boolean;
  /** Resolves when everything that was proposed is decided. */
  settled(): Promise<void>;
  /** The world was moved to another past. */
  restore(position: Position): void;
}

/** What the log is played on: a world, and those to whom its events are sent. */
export interface Replica {
  runTick(entry: TickEntry): void;
  applyCommand(entry: CommandEntry): void;
  skip(entry: SkipEntry): void;
  /** Has been played already. */
  repeat(entry: MoveEntry): void;
  broadcast(entry: BroadcastEntry): void;
  setPace(pace: PaceState): void;
  /** The digest of the world at its present position. */
  digest(): string;
}
