/** When a subscriber counts as slow, and when it is closed: a policy that returns its decision. */
import { type OptionTable, millisecondsFrom, wholeFrom } from "../../schemas/option-table.js";

export interface SlowSubscriberPolicy {
  /**
   * A backlog above this makes a subscriber slow: events that replace each other are skipped, and the latest of
   * each is sent once the backlog is gone. Messages, and the update that closes a candle, are never skipped.
   * Bytes. Zero never skips. @default 65_536
   */
  readonly softBacklogBytesMax: number;
  /**
   * A larger backlog closes the connection, so that the client comes back. Bytes; what skipped events will take is
   * part of it. Zero means no limit. @default 1_048_576
   */
  readonly hardBacklogBytesMax: number;
  /** A subscriber slow for longer is closed. Milliseconds. Zero means no limit. @default 10_000 */
  readonly slowMsMax: number;
  /** A ping unanswered for longer makes a subscriber slow. Milliseconds. Zero ignores it. @default 5_000 */
  readonly pongLagMsMax: number;
  /**
   * A polling client is slow once its events have waited for two of these, whatever the length of its queue.
   * Milliseconds. Zero never. @default 1_000
   */
  readonly pollIntervalMs: number;
}

export const slowSubscriberDefaults: SlowSubscriberPolicy = {
  softBacklogBytesMax: 65_536,
  hardBacklogBytesMax: 1_048_576,
  slowMsMax: 10_000,
  pongLagMsMax: 5_000,
  pollIntervalMs: 1_000,
};

export const slowSubscriberRules: OptionTable<SlowSubscriberPolicy> = {
  softBacklogBytesMax: wholeFrom(0),
  hardBacklogBytesMax: wholeFrom(0),
  slowMsMax: millisecondsFrom(0),
  pongLagMsMax: millisecondsFrom(0),
  pollIntervalMs: millisecondsFrom(0),
};

/** Why a connection is closed. */
export type CloseReason = "backlogBytes" | "slowMs";

/** A connection that does not keep up at this moment: something is queued on it, or a pong is overdue. */
export interface Lag {
  readonly queuedBytes: number;
  /** What skipped events will take. */
  readonly skippedBytes: number;
  /** How long the oldest event has waited for a poll; null for a connection that does not poll. */
  readonly pollWaitMs: number | null;
  readonly isPongOverdue: boolean;
  /** The event loop has offered it what is queued; before that a long queue is nobody's fault. */
  readonly hadItsTurn: boolean;
  /** How long it has been slow; null when it is not. */
  readonly slowMs: number | null;
}

/** What becomes of a connection: it is fine, it is slow, or it is closed for a reason. */
export function judge(policy: SlowSubscriberPolicy, lag: Lag): "fine" | "slow" | CloseReason {
  const { hardBacklogBytesMax, slowMsMax } = policy;
  const { queuedBytes, slowMs } = lag;
  const isTooMuch = hardBacklogBytesMax > 0 && queuedBytes + lag.skippedBytes > hardBacklogBytesMax;
  if (isTooMuch && lag.hadItsTurn) return "backlogBytes";
  if (slowMs === null) return lag.hadItsTurn && (lag.isPongOverdue || isTooLong(policy, lag)) ? "slow" : "fine";
  return slowMsMax > 0 && queuedBytes > 0 && slowMs > slowMsMax ? "slowMs" : "slow";
}

function isTooLong({ softBacklogBytesMax, pollIntervalMs }: SlowSubscriberPolicy, lag: Lag): boolean {
  if (lag.pollWaitMs !== null) return pollIntervalMs > 0 && lag.pollWaitMs > 2 * pollIntervalMs;
  return softBacklogBytesMax > 0 && lag.queuedBytes > softBacklogBytesMax;
}
