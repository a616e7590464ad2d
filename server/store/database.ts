/** An opened database: what SQLite and Postgres have in common for those who read and write. */
import { randomUUID } from "node:crypto";
import { type Kysely, Migrator, sql } from "kysely";
import { StartError } from "../core/errors.js";
import { checksumMigration, migrationProvider } from "./migrations.js";
import type { Tables } from "./tables.js";

export interface OpenDatabase {
  readonly reads: Kysely<Tables>;
  /** Its one connection holds the lock of the one writer. */
  readonly writes: Kysely<Tables>;
  /** Where Postgres keeps the table of migrations; undefined for SQLite. */
  readonly migrationSchema: string | undefined;
  /** Whether reading all of it takes no time that one would notice at a start. */
  readonly isSmall: boolean;
  /** Throws where what is written goes no longer to the place that was opened. */
  readonly requireInPlace: () => void;
  /** Why a statement failed, in one sentence. */
  readonly explain: (error: unknown) => string;
  /** Whether a commit that failed so may have landed all the same. */
  readonly mayHaveCommitted: (error: unknown) => boolean;
  /** Whether the tables could not be listed because another session dropped a schema of its own meanwhile. */
  readonly isSchemaRace: (error: unknown) => boolean;
  /** The refusal to start, with the way out. */
  readonly refuse: (cause: unknown) => StartError;
  close(): Promise<void>;
}

/** Throws where there is a market whose snapshots this version cannot read, before anything is changed. */
async function requireReadable({ writes }: OpenDatabase, migrator: Migrator): Promise<void> {
  const migrations = await migrator.getMigrations();
  const [first] = migrations;
  const checksum = migrations.find(({ name }) => name === checksumMigration);
  if (first?.executedAt === undefined || checksum?.executedAt !== undefined) return;
  if ((await writes.selectFrom("timeline").select("id").executeTakeFirst()) === undefined) return;
  throw new StartError(
    "storeUnusable",
    "The store was created by version 0.1, whose snapshots this version cannot read. It was left as it is: open it with version 0.1, delete its history with the option reset, or choose another store with the option store.",
  );
}

const racesMax = 20;

/** Kysely lists the tables of all schemas of the database, where Postgres fails if one of them goes meanwhile. */
async function retryRaces<Result>(database: OpenDatabase, run: () => Promise<Result>): Promise<Result> {
  for (let races = 0; ; races += 1) {
    try {
      return await run();
    } catch (error) {
      if (races === racesMax || !database.isSchemaRace(error)) throw error;
    }
  }
}

/**
 * Brings the tables up to date.
 *
 * @param isReset the history is given up, so it need not be readable
 * @throws {StartError} when the store was made by another version whose stores cannot be used, or cannot be written
 */
export async function migrate(database: OpenDatabase, isReset = false): Promise<void> {
  const migrator = new Migrator({
    db: database.writes,
    provider: migrationProvider,
    ...(database.migrationSchema === undefined ? {} : { migrationTableSchema: database.migrationSchema }),
  });
  try {
    if (!isReset) await retryRaces(database, () => requireReadable(database, migrator));
    await retryRaces(database, async () => {
      const { error } = await migrator.migrateToLatest();
      if (error !== undefined) throw error;
    });
  } catch (error) {
    throw explainMigrationError(database, error);
  }
}

function explainMigrationError(database: OpenDatabase, error: unknown): unknown {
  if (error instanceof StartError) return error;
  if (error instanceof Error && error.message.startsWith("corrupted migrations")) {
    return new StartError(
      "storeUnusable",
      "The store was written by a newer version of this program; use that one, or choose another store with the option store.",
      {
        cause: error,
      },
    );
  }
  return database.refuse(error);
}

/** A single process moves the market on: members that come later begin a log of their own, without what theirs before had. */
export async function endCluster({ writes, migrationSchema }: OpenDatabase): Promise<void> {
  if (migrationSchema === undefined) return;
  const { rows } = await sql<{
    found: unknown;
  }>`select to_regclass(format('%I.cluster', ${migrationSchema}::text)) as found`.execute(writes);
  if ((rows[0]?.found ?? null) === null) return;
  const ended = { log_id: randomUUID(), position: null, position_number: 0 };
  await writes
    .updateTable("cluster")
    .set((row) => ({ ...ended, epoch: row("epoch", "+", 1) }))
    .execute();
}
