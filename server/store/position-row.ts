/**
 * How far the leader of a cluster has decided, as a row that every member can read: what its log falls back to where the
 * stream is away.
 *
 * Invariant: only the leader of the present epoch can write it, and only forwards. An epoch begins with one statement
 * that changes the same row (`SharedStore.nextEpoch`), so Postgres decides which came first. Its connections are its own:
 * what is asked here fails within seconds, and waits for nothing else that is written.
 */
import { sql } from "kysely";
import type { LoggedCommand } from "../../simulator/index.js";
import { openQuickly } from "./postgres.js";
import { createReads } from "./reads.js";

/** Under the members that run the row was deleted, or became another log's. */
export class LostRowError extends Error {
  override readonly name = "LostRowError";

  constructor() {
    super(
      "Postgres no longer has this cluster's row in the table cluster: it was deleted, or restored from elsewhere. Stop all members and start them again.",
    );
  }
}

/** What the row has, whoever wrote it. */
export interface FoundPosition {
  /** Null before a first one. */
  readonly text: string | null;
  /** The present epoch; the position may be of one before. */
  readonly epoch: number;
  /** Another one at each write of the present epoch's leader; 0 before its first. */
  readonly number: number;
}

export interface PositionRow {
  /**
   * Resolves with whether it is written: not where another epoch has begun, nor in another log's row. Waits for no disk: an immediate stop of
   * Postgres may take the latest ones back.
   *
   * @param number higher with each write of an epoch: what was given up and comes late is not written
   */
  write(text: string, epoch: number, number: number): Promise<boolean>;
  /** @throws {LostRowError} when the row is gone, or another log's */
  read(): Promise<FoundPosition>;
  /** Durable commands with a larger sequence, in order; their places may not be final. */
  commands(afterSequence: number, limit: number): Promise<readonly LoggedCommand[]>;
  close(): Promise<void>;
}

/**
 * @param url of a Postgres store, which need not answer yet
 * @param logId of the row
 */
export function openPositionRow(url: string, logId: string): PositionRow {
  const { reads: db, close } = openQuickly(url);
  return {
    async write(text, epoch, number) {
      // The setting is this one statement's: what is acknowledged to clients stays durable.
      const { numAffectedRows = 0n } = await sql`
        update cluster set position = ${text}, position_number = ${number}
        where log_id = ${logId} and epoch = ${epoch} and position_number < ${number}
        and set_config('synchronous_commit', 'off', true) = 'off'`.execute(db);
      return numAffectedRows > 0n;
    },
    async read() {
      const row = await db
        .selectFrom("cluster")
        .select(["epoch", "position", "position_number"])
        .where("log_id", "=", logId)
        .executeTakeFirstOrThrow(() => new LostRowError());
      return { text: row.position, epoch: row.epoch, number: row.position_number };
    },
    commands: (afterSequence, limit) => createReads(db).commands(afterSequence, limit),
    close,
  };
}
