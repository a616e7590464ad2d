/** What a member tells of itself. */
import type { Outcome } from "./entry.js";

export type OutcomeCounts = Readonly<Partial<Record<Outcome, number>>>;

/** The state of a member, as GET /health has it. */
export interface MemberStatus {
  readonly id: string;
  readonly role: "leader" | "follower";
  readonly epoch: number;
  /** For how long nothing has been heard of the log, milliseconds. */
  readonly silentMs: number;
  readonly entries: OutcomeCounts;
}

/** What a member has counted since it began. */
export interface MemberCounters {
  /** How often it came to lead. */
  readonly takeovers: number;
  /** How often it closed its subscribers, because it heard nothing of the log. */
  readonly isolations: number;
  /** How often it found that its world was not the cluster's, and loaded it anew. */
  readonly reloads: number;
  /** How often it decided by the row in Postgres, as the leader. */
  readonly fallbackDecisions: number;
  /** Broadcasts of its application code that were given up while Redis was away. */
  readonly droppedBroadcasts: number;
  /** Bytes of the entries that it appended to the log. */
  readonly appendedBytes: number;
}

/** Told of what a member does with requests. */
export interface RequestObserver {
  /** One was sent on to the leader. */
  observeForward(outcome: "answered" | "failed"): void;
  /** One has waited until this member had played what the log held, or could not. */
  observeBarrier(waitMs: number): void;
}
