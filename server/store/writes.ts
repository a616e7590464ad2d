/** What can be written, as plain values that cross a thread. Each is idempotent. */
import type { ClosedCandle, Command, TimelineSnapshot } from "../../simulator/index.js";
import type { Message } from "../../schemas/index.js";
import type { CommandRecord, TimelineStart } from "./store.js";
import type { BackfillTable } from "./tables.js";

export interface TickMessage {
  readonly tick: number;
  readonly message: Message;
}

export interface TickCandle {
  /** That closed it. */
  readonly tick: number;
  readonly candle: ClosedCandle;
}

/** What ticks yielded. One that is run again after a crash writes what is there already. */
export interface TicksWrite {
  readonly kind: "ticks";
  /** The last tick whose rows these are. */
  readonly lastTick: number;
  readonly messages: readonly TickMessage[];
  readonly minuteCandles: readonly TickCandle[];
  /** A command that was committed and not applied yet when the last of them passed: it comes after them. */
  readonly reordered?: CommandRecord;
}

export interface PruneWrite {
  readonly kind: "prune";
  /** Minute candles that begin earlier go. */
  readonly candlesBeforeMs: number;
  /** Replies that were kept earlier, by the wall clock, go. */
  readonly repliesBeforeMs: number;
  /** Rooms that have grown: of their simulated messages only the newest stay. */
  readonly roomIds: readonly string[];
  readonly simulatedMessagesMax: number;
}

/** A command after which a resource is gone. */
export type Deletion = Extract<Command, { readonly type: "deleteDiscussion" | "deleteSector" }>;

export type Write =
  | TicksWrite
  | { readonly kind: "command"; readonly record: CommandRecord; readonly keptAtMs: number }
  /** The final place of a command that was stored by a process that did not come to it. */
  | { readonly kind: "place"; readonly record: CommandRecord }
  /** Takes back commands whose commit may have reached the disk although it was reported as failed. */
  | { readonly kind: "undo"; readonly records: readonly CommandRecord[] }
  /** Deletes what belonged to a resource, after the command that deleted it: once gone it cannot be given back. */
  | { readonly kind: "dependents"; readonly of: Deletion }
  | { readonly kind: "serials"; readonly reserved: number }
  /** What is there already stays: it is the same. */
  | { readonly kind: "backfill"; readonly rows: readonly BackfillTable[] }
  | { readonly kind: "begin"; readonly timeline: TimelineStart }
  | { readonly kind: "moveStart"; readonly startMs: number; readonly snapshot: TimelineSnapshot | null }
  | { readonly kind: "snapshot"; readonly snapshot: TimelineSnapshot }
  | { readonly kind: "truncate"; readonly afterTick: number }
  | PruneWrite;
