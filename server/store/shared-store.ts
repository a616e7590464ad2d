/**
 * The store of a cluster as every member sees it, whoever holds it: what a member begins with, and the row that the
 * members share. Read and written without the lock of the one writer, so each statement stands for itself.
 */
import { randomUUID } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { LoggedCommand } from "../../simulator/index.js";
import { StartError } from "../core/errors.js";
import { type BackendOptions, requireSameWorld } from "./backend.js";
import { LostRowError, type PositionRow, openPositionRow } from "./position-row.js";
import { endLockHolder, findDatabaseId, isLockHeld, openPostgres } from "./postgres.js";
import { createReads } from "./reads.js";
import type { Resume } from "./store.js";
import type { Tables } from "./tables.js";
import { verifyTimeline } from "./verify.js";

export interface SharedStore {
  /** Of the present timeline. */
  readonly logId: string;
  /** The sequence of the last durable command; 0 where there is none. */
  durableSequence(): Promise<number>;
  /** What is durable, or null before a market has begun. @throws {StartError} when it is of another world */
  loadResume(): Promise<Resume | null>;
  /** Commands whose place was final when `loadResume` was called: behind its last tick the place can still change. */
  commands(afterSequence: number, limit: number): Promise<readonly LoggedCommand[]>;
  /** Whatever is durable now, in its place or not yet. */
  durableCommands(afterSequence: number, limit: number): Promise<readonly LoggedCommand[]>;
  /** Everything up to this tick is durable. */
  durableTick(): Promise<number>;
  /**
   * The number of a new leader, higher than `above` and than any before. From then on no other can write `position`.
   *
   * @throws {LostRowError} when the row is gone, or another log's
   */
  nextEpoch(above: number): Promise<number>;
  /** Ends the hold of a member that is silent, unless another epoch has begun. */
  endHolder(epoch: number): Promise<boolean>;
  readonly position: PositionRow;
  close(): Promise<void>;
}

export interface SharedStoreOptions extends Omit<BackendOptions, "groupRowsMax" | "reset"> {
  readonly tokenDigest: string;
}

/** @throws {StartError} when it cannot be reached, or when this process may not be a member */
export async function openSharedStore(options: SharedStoreOptions): Promise<SharedStore> {
  const { reads: db, close, refuse } = await openPostgres(options.url);
  let lastTick = 0;
  const backendOptions: BackendOptions = { ...options, groupRowsMax: 0, reset: false };

  const join = (): Promise<string> => joinCluster(db, options);
  /** Two that create a table at once: one of them fails, and finds it made. */
  const logId = await join()
    .catch(join)
    .catch(async (error: unknown) => {
      await close();
      throw error instanceof StartError ? error : refuse(error);
    });
  const position = openPositionRow(options.url, logId);
  return {
    logId,
    async loadResume() {
      const { rows } = await sql<{ found: unknown }>`select to_regclass('timeline') as found`.execute(db);
      if ((rows[0]?.found ?? null) === null) return null;
      // Whoever leads writes meanwhile.
      const resume = await db
        .transaction()
        .setIsolationLevel("repeatable read")
        .execute(async (trx) => {
          const timeline = await verifyTimeline(trx);
          requireSameWorld(timeline, backendOptions);
          return timeline && (await createReads(trx).resume());
        });
      lastTick = resume?.lastTick ?? 0;
      return resume;
    },
    async commands(afterSequence, limit) {
      const found = await createReads(db).commands(afterSequence, limit);
      return found.filter(({ afterTick }) => afterTick < lastTick);
    },
    async durableSequence() {
      return (await db.selectFrom("timeline").select("log_sequence").executeTakeFirst())?.log_sequence ?? 0;
    },
    durableCommands: (afterSequence, limit) => createReads(db).commands(afterSequence, limit),
    async durableTick() {
      return (await db.selectFrom("timeline").select("last_tick").executeTakeFirst())?.last_tick ?? 0;
    },
    async nextEpoch(above) {
      const { epoch } = await db
        .updateTable("cluster")
        .set({ epoch: sql<number>`greatest(epoch, ${above}) + 1`, position_number: 0 })
        .where("log_id", "=", logId)
        .returning("epoch")
        .executeTakeFirstOrThrow(() => new LostRowError());
      return epoch;
    },
    endHolder: (epoch) => endLockHolder(db, epoch, logId),
    position,
    async close() {
      await Promise.allSettled([position.close(), close()]);
    },
  };
}

/** @returns the id of the log */
async function joinCluster(db: Kysely<Tables>, options: SharedStoreOptions): Promise<string> {
  await sql`create table if not exists cluster
    (id integer primary key, log_id text not null, epoch bigint not null, token_digest text not null,
    database_id text not null, position text, position_number bigint not null default 0)`.execute(db);
  const databaseId = await findDatabaseId(db);
  const first = {
    id: 1 as const,
    log_id: randomUUID(),
    epoch: 0,
    token_digest: options.tokenDigest,
    database_id: databaseId,
    position: null,
    position_number: 0,
  };
  await db
    .insertInto("cluster")
    .values(first)
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
  await renameCopy(db, databaseId);
  return await requireMember(db, await db.selectFrom("cluster").selectAll().executeTakeFirstOrThrow(), options);
}

/**
 * A copy of a database has the log's id, too: its members would follow the stream of the one that it was copied from, and
 * lead there. It gets an id of its own.
 */
async function renameCopy(db: Kysely<Tables>, databaseId: string): Promise<void> {
  const copied = { log_id: randomUUID(), database_id: databaseId, epoch: 0, position: null, position_number: 0 };
  await db.updateTable("cluster").set(copied).where("database_id", "!=", databaseId).execute();
}

interface Row {
  readonly log_id: string;
  readonly token_digest: string;
}

/** Who comes first after all members are gone begins the cluster anew, with what it brings along. */
async function requireMember(db: Kysely<Tables>, row: Row, { tokenDigest }: SharedStoreOptions): Promise<string> {
  if (row.token_digest === tokenDigest) return row.log_id;
  if (!(await isLockHeld(db))) {
    await db.updateTable("cluster").set({ token_digest: tokenDigest }).execute();
    return row.log_id;
  }
  throw new StartError(
    "badOption",
    "The members of this cluster have another control token; give all of them the same one.",
    { option: "token" },
  );
}
