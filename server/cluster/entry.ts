/**
 * The entries of the ordered log. A running simulation is what applies them, one after another.
 *
 * Every entry but a broadcast is the leader's and carries its epoch. An entry that moves the world carries its place
 * (tick, sequence of the last command) and the digest that the leader's world had at a position of before.
 */
import type { ContractEvent } from "../../schemas/index.js";
import type { Command, FollowedPace } from "../../simulator/index.js";

/** How far a world has come: the last tick that it has run and the last command that it has applied. */
export interface Position {
  readonly tick: number;
  readonly sequence: number;
}

/** How ticks are paced, as the leader's pacer has it. */
export type PaceState = FollowedPace;

/** The cluster's clock, as its leader has it: a host's monotonic clock, moved by a constant. */
export interface ClockOrigin {
  /** Equal while every leader goes on with the clock of the one before. */
  readonly id: string;
  /** Members with the same one read one and the same clock. */
  readonly hostId: string;
  /** The cluster's clock minus the host's. */
  readonly aheadNs: bigint;
  /** By how much changes of leader may have moved the clock since it began, either way. */
  readonly uncertaintyNs: number;
}

/** What the leader's world was at a position that it had reached when it made the entry. */
export interface DigestCheck {
  readonly at: Position;
  readonly digest: string;
}

/** An epoch begins. Always a leader's first entry, and repeated after it had to connect again. */
export interface LeaderEntry {
  readonly kind: "leader";
  readonly epoch: number;
  readonly member: string;
  /** Where the other members send it what only a leader may do. */
  readonly url: string;
  readonly pace: PaceState;
  readonly paceNumber: number;
  /** Absent in a single process. */
  readonly clock?: ClockOrigin;
}

/** What all entries have that move the world. */
interface Move extends Position {
  readonly epoch: number;
  readonly check: DigestCheck;
  /** Announced once more: the log has lost what was between this entry and the others. */
  readonly isAgain?: boolean;
}

/** The tick is decided, after the command. */
export interface TickEntry extends Move {
  readonly kind: "tick";
}

/** The command is decided: it has this sequence and comes after this tick. */
export interface CommandEntry extends Move {
  readonly kind: "command";
  readonly command: Command;
  /** On the cluster's monotonic clock. */
  readonly acceptedNs: bigint;
}

/** The ticks up to and including this one run silently. */
export interface SkipEntry extends Move {
  readonly kind: "skip";
  readonly toTick: number;
}

export interface PaceEntry {
  readonly kind: "pace";
  readonly epoch: number;
  readonly pace: PaceState;
  /** 1, 2, 3 … over all leaders: two paths carry a pace, and the older one may come later. */
  readonly paceNumber: number;
}

/** Nothing else was said for a while. */
export interface BeatEntry {
  readonly kind: "beat";
  readonly epoch: number;
}

/** The leader leaves. */
export interface ResignEntry {
  readonly kind: "resign";
  readonly epoch: number;
}

/** What application code of any member broadcasts. */
export interface BroadcastEntry {
  readonly kind: "broadcast";
  readonly member: string;
  /** 1, 2, 3 … within the member. */
  readonly number: number;
  readonly events: readonly ContractEvent[];
}

/** An entry that moves the world. */
export type MoveEntry = TickEntry | CommandEntry | SkipEntry;

export type Entry = LeaderEntry | MoveEntry | PaceEntry | BeatEntry | ResignEntry | BroadcastEntry;

/** What became of an entry. */
export type Outcome =
  | "applied"
  /** Has no effect on the world. */
  | "noted"
  /** Of a leader that is none any more. */
  | "void"
  | "repeated"
  /** The own leader entry has come back: `lead` may be called. */
  | "elected"
  /** This member leads no longer. */
  | "deposed"
  /** The leader has left: somebody may try to lead at once. */
  | "resigned"
  /** Entries before it are missing. */
  | "gap"
  /** The own world is another one than the leader's. */
  | "diverged";

export function isSamePlace(one: Position, other: Position): boolean {
  return one.tick === other.tick && one.sequence === other.sequence;
}

/** Where a world must be for the entry to be played on it. */
export function placeBefore({ kind, tick, sequence }: MoveEntry): Position {
  if (kind === "tick") return { tick: tick - 1, sequence };
  if (kind === "command") return { tick, sequence: sequence - 1 };
  return { tick, sequence };
}

/** Where a world is after it. */
export function placeAfter(entry: MoveEntry): Position {
  const { kind, tick, sequence } = entry;
  return { tick: kind === "skip" ? entry.toTick : tick, sequence };
}

/** When the next tick is due; where nothing plays, the last instant that is known. */
export function nextDueNs({ playing, anchors }: PaceState, { tick }: Position): bigint | undefined {
  const anchor = anchors.at(-1);
  if (anchor === undefined || !playing) return anchor?.monotonicNs;
  return anchor.monotonicNs + BigInt(Math.round((tick + 1 - anchor.fromTick) * anchor.intervalNs));
}
