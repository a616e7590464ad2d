/**
 * What the server keeps beside the world: messages, candles, the command log and idempotency keys.
 *
 * Sectors, agents and discussions themselves are the world's state; snapshots and the command log make
 * them durable. Invariant: what a resolved promise acknowledged is durable.
 */
import type { Bucket, LoggedCommand, TickBatch, TimelineSnapshot } from "../../simulator/index.js";
import type { CandleInterval, DeletedRows, Message } from "../../schemas/index.js";
import type { Deadline } from "./deadline.js";
import type { BackfillTable } from "./tables.js";

/** Asks for one page of a list. */
export interface PageQuery {
  readonly limit: number;
  /** As given by the page before; undefined for the first. */
  readonly cursor?: string;
}

export interface Page<Row> {
  readonly data: readonly Row[];
  readonly nextCursor: string | null;
  readonly hasMore: boolean;
}

export interface CandleQuery extends PageQuery {
  readonly sectorId: string;
  readonly interval: CandleInterval;
  /** Inclusive. */
  readonly startMs?: number;
  /** Exclusive. */
  readonly endMs?: number;
  readonly sort: "asc" | "desc";
  /** The sector's running candle of the interval that the bucket is rolled up from: 1s below a minute, 1m above. */
  readonly running?: Bucket;
}

/** What a request is known by when it is repeated. */
export interface RequestKey {
  /** The Idempotency-Key that the client sent. */
  readonly key: string;
  /** Digest of method, path and body: the same key with another request is a conflict. */
  readonly fingerprint: string;
}

/** What is answered to a command, and for 24 hours to a repetition of its request. */
export interface StoredResponse extends RequestKey {
  readonly status: number;
  readonly location: string;
  readonly body: unknown;
}

/** What one command writes; all of it or nothing. */
export interface CommandRecord {
  readonly entry: LoggedCommand;
  readonly message?: Message;
  readonly response?: StoredResponse;
}

/** A timeline: the world that a store belongs to, and where it begins. */
export interface TimelineStart {
  readonly seed: string;
  readonly scenario: string;
  /** Of the scenario's content: a file may be edited under the same name. */
  readonly scenarioDigest?: string;
  readonly simulatorVersion: string;
  readonly startMs: number;
  readonly tickMs: number;
}

/**
 * Where a restart goes on: the last snapshot (or a fresh world where there is none), stepped to `lastTick`
 * with the rest of the command log applied on the way. Everything up to `lastTick` is stored already.
 */
export interface Resume extends TimelineStart {
  /** In the order of their ticks; a seek back begins at one of them. */
  readonly snapshots: readonly TimelineSnapshot[];
  readonly lastTick: number;
}

export interface Store {
  /** What was stored before, or null for a fresh store. */
  loadResume(): Promise<Resume | null>;
  /** A new timeline begins, and everything of an earlier one goes: at a first start, and after `truncate(-1)`. Returns at once. */
  begin(timeline: TimelineStart): void;
  /**
   * The timeline has another start from now on, and this is its one snapshot; null where there is none yet.
   * What was stored keeps its instants. Returns at once.
   */
  moveStart(startMs: number, snapshot: TimelineSnapshot | null): void;
  /** The timeline between two ticks. Returns at once. */
  saveSnapshot(snapshot: TimelineSnapshot): void;
  /**
   * Keeps what a tick yielded (messages, closed candles). Returns at once; never throws for a full or absent disk.
   *
   * @param reordered the command that the tick overtook while it was committed, in its new place behind the tick
   */
  recordBatch(batch: TickBatch, reordered?: CommandRecord): void;
  /**
   * Keeps the final place of a command that was stored by another process, which did not come to it. Returns at once.
   * Call it before anything that comes later is stored.
   */
  recordPlace(record: CommandRecord): void;
  /** How long one request may wait for the store, all its steps together. Reads have one of their own. */
  deadline(): Deadline;
  /**
   * Resolves once the record is durable; rejects, with nothing kept, when it cannot be, or is not before the deadline.
   *
   * @param deadline of the request that it belongs to @default one that begins now
   */
  commit(record: CommandRecord, deadline?: Deadline): Promise<void>;
  /** The 24 hours before the start, as `packBackfill` gives them; called once for a new timeline. */
  saveBackfill(rows: readonly BackfillTable[]): void;
  /** Entries of the command log with a larger sequence, in order. */
  commands(afterSequence: number, limit: number): Promise<readonly LoggedCommand[]>;
  /** A discussion's messages, newest first. */
  messages(discussionId: string, query: PageQuery): Promise<Page<Message>>;
  message(discussionId: string, messageId: string): Promise<Message | undefined>;
  /** Buckets of the interval, with the running candle merged in where the query brings one. */
  candles(query: CandleQuery): Promise<Page<Bucket>>;
  response(key: string): Promise<StoredResponse | undefined>;
  /** 1, 2, 3 … with gaps: never the same twice in the life of a store, whatever is deleted. */
  nextSerial(): number;
  /**
   * Deletes everything after a tick, stored responses included: another timeline begins. Commands applied after that very
   * tick stay. -1 deletes all of it, the backfill included; then `begin` again. Resolves with what was deleted.
   */
  truncate(afterTick: number): Promise<DeletedRows>;
  /** Null while it can take writes, or why not. */
  outage(): string | null;
  close(): Promise<void>;
}
