/** Stores of earlier versions are brought up to date with what is in them. */
import { Migrator, sql } from "kysely";
import { expect, test } from "vitest";
import { migrationProvider } from "./migrations.js";
import { openPostgres } from "./postgres.js";
import { createReads } from "./reads.js";
import { openSqlite } from "./sqlite.js";
import { durableKinds, timeline } from "./store.fixture.js";

const minuteMs = 60_000;

test.each(durableKinds)(
  "a candle that was kept in $kind before it had a tick gets the one that closed it",
  async ({ kind, createUrl }) => {
    const url = await createUrl();
    const isPostgres = kind === "Postgres";
    const database = isPostgres ? await openPostgres(url) : openSqlite(url);
    const { writes: db, migrationSchema: migrationTableSchema } = database;
    const provider = migrationProvider;
    const migrator = new Migrator({
      db,
      provider,
      ...(migrationTableSchema !== undefined && { migrationTableSchema }),
    });
    await migrator.migrateTo("0002-scenario-digest");
    const { seed, scenario, simulatorVersion, startMs, tickMs } = timeline;
    await sql`insert into timeline (id, seed, scenario, simulator_version, start_ms, tick_ms, last_tick)
    values (1, ${seed}, ${scenario}, ${simulatorVersion}, ${startMs}, ${tickMs}, 600)`.execute(db);
    for (const minute of [-1440, -1, 0, 1])
      await sql`insert into minute_candle (sector_id, at_ms, open, high, low, close)
      values ('tech-001', ${startMs + minute * minuteMs}, 1, 2, 0, 1)`.execute(db);
    await sql`insert into reply (key, fingerprint, status, location, body, kept_at_ms)
    values ('k', 'f', 201, '/x', '{}', ${startMs})`.execute(db);
    await migrator.migrateToLatest();
    const { rows } = await sql`select tick from minute_candle order by at_ms`.execute(db);
    expect(rows).toEqual([{ tick: 0 }, { tick: 0 }, { tick: 239 }, { tick: 479 }]);
    expect(await createReads(db).reply("k", 0)).toMatchObject({ key: "k", location: "/x" });
    await database.close();
  },
);
