/**
 * The migrations, in order, the same for SQLite and Postgres. One that has been released is never changed.
 */
import { type Kysely, type Migration, type MigrationProvider, sql } from "kysely";
import { checksums } from "./checksums.js";

/** Stores without it have snapshots that can no longer be read. */
export const checksumMigration = "0004-checksums";

const migrations: Record<string, Migration> = {
  "0001-history": {
    async up(db: Kysely<unknown>) {
      const { schema } = db;
      await schema
        .createTable("timeline")
        .addColumn("id", "integer", (column) => column.primaryKey())
        .addColumn("seed", "text", (column) => column.notNull())
        .addColumn("scenario", "text", (column) => column.notNull())
        .addColumn("simulator_version", "text", (column) => column.notNull())
        .addColumn("start_ms", "bigint", (column) => column.notNull())
        .addColumn("tick_ms", "integer", (column) => column.notNull())
        .addColumn("last_tick", "bigint", (column) => column.notNull())
        .execute();
      await schema
        .createTable("serial")
        .addColumn("id", "integer", (column) => column.primaryKey())
        .addColumn("reserved", "bigint", (column) => column.notNull())
        .execute();
      await schema
        .createTable("message")
        .addColumn("room_id", "text", (column) => column.notNull())
        .addColumn("serial", "bigint", (column) => column.notNull())
        .addColumn("id", "text", (column) => column.notNull())
        .addColumn("tick", "bigint", (column) => column.notNull())
        .addColumn("sequence", "bigint")
        .addColumn("body", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("message_pages", ["room_id", "serial"])
        .execute();
      await schema.createIndex("message_by_id").on("message").columns(["room_id", "id"]).unique().execute();
      await schema
        .createIndex("message_posted")
        .on("message")
        .column("sequence")
        .where(sql.ref("sequence"), "is not", null)
        .execute();
      await schema
        .createTable("minute_candle")
        .addColumn("sector_id", "text", (column) => column.notNull())
        .addColumn("at_ms", "bigint", (column) => column.notNull())
        .addColumn("open", "double precision", (column) => column.notNull())
        .addColumn("high", "double precision", (column) => column.notNull())
        .addColumn("low", "double precision", (column) => column.notNull())
        .addColumn("close", "double precision", (column) => column.notNull())
        .addPrimaryKeyConstraint("minute_candle_pages", ["sector_id", "at_ms"])
        .execute();
      await schema
        .createTable("command")
        .addColumn("sequence", "bigint", (column) => column.primaryKey())
        .addColumn("after_tick", "bigint", (column) => column.notNull())
        .addColumn("body", "text", (column) => column.notNull())
        .execute();
      await schema
        .createTable("reply")
        .addColumn("key", "text", (column) => column.primaryKey())
        .addColumn("fingerprint", "text", (column) => column.notNull())
        .addColumn("status", "integer", (column) => column.notNull())
        .addColumn("location", "text", (column) => column.notNull())
        .addColumn("body", "text", (column) => column.notNull())
        .addColumn("kept_at_ms", "bigint", (column) => column.notNull())
        .execute();
      await schema
        .createTable("snapshot")
        .addColumn("tick", "bigint", (column) => column.primaryKey())
        .addColumn("body", "text", (column) => column.notNull())
        .execute();
    },
  },
  "0002-scenario-digest": {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable("timeline").addColumn("scenario_digest", "text").execute();
    },
  },
  "0003-tick-of-candle": {
    async up(db: Kysely<unknown>) {
      const addTick = db.schema.alterTable("minute_candle");
      await addTick.addColumn("tick", "bigint", (column) => column.notNull().defaultTo(0)).execute();
      await db.schema.alterTable("reply").addColumn("sequence", "bigint").execute();
      // A candle is closed by the last tick that falls into its minute.
      await sql`update minute_candle set tick = (at_ms + 59999 - start_ms) / tick_ms from timeline where at_ms + 59999 >= start_ms`.execute(
        db,
      );
    },
  },
  [checksumMigration]: {
    async up(db: Kysely<unknown>) {
      const { schema } = db;
      for (const table of ["timeline", "serial", "message", "minute_candle", "reply", "snapshot"])
        await schema
          .alterTable(table)
          .addColumn("checksum", "bigint", (column) => column.notNull().defaultTo(0))
          .execute();
      for (const [table, column] of [
        ["timeline", "log_digest"],
        ["snapshot", "log_digest"],
        ["command", "digest"],
      ] as const)
        await schema
          .alterTable(table)
          .addColumn(column, "text", (of) => of.notNull().defaultTo(""))
          .execute();
      await schema
        .alterTable("timeline")
        .addColumn("log_sequence", "bigint", (column) => column.notNull().defaultTo(0))
        .execute();
      // The only row that outlives the history of an earlier version, which is not read but deleted.
      const { rows } = await sql<{ reserved: number }>`select reserved from serial`.execute(db);
      for (const { reserved } of rows)
        await sql`update serial set checksum = ${checksums.serial(reserved)}`.execute(db);
    },
  },
  "0005-backfill": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("backfill")
        .addColumn("sector_id", "text", (column) => column.primaryKey())
        .addColumn("from_ms", "bigint", (column) => column.notNull())
        .addColumn("to_ms", "bigint", (column) => column.notNull())
        .addColumn("body", "text", (column) => column.notNull())
        .addColumn("checksum", "bigint", (column) => column.notNull())
        .execute();
    },
  },
};

export const migrationProvider: MigrationProvider = { getMigrations: async () => migrations };
