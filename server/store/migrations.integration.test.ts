/** Stores of earlier versions: refused where they cannot be read, else brought up to date with what is in them. */
import { type DatabaseIntrospector, Kysely, Migrator, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { expect, test } from "vitest";
import { type OpenDatabase, migrate } from "./database.js";
import { migrationProvider } from "./migrations.js";
import { openPostgres } from "./postgres.js";
import { openSqlite } from "./sqlite.js";
import type { Tables } from "./tables.js";
import {
  durableKinds,
  idsOf,
  isPostgresAbsent,
  messageOf,
  openTestStore,
  postgresSchema,
  timeline,
} from "./store.fixture.js";

const minuteMs = 60_000;

async function openAt(
  kind: string,
  url: string,
  name: string,
): Promise<{ readonly database: OpenDatabase; readonly migrateTo: (name: string) => Promise<void> }> {
  const database = kind === "Postgres" ? await openPostgres(url) : openSqlite(url);
  const { writes: db, migrationSchema: migrationTableSchema } = database;
  const provider = migrationProvider;
  const migrator = new Migrator({ db, provider, ...(migrationTableSchema !== undefined && { migrationTableSchema }) });
  const migrateTo = async (later: string): Promise<void> => {
    // Other tests drop schemas meanwhile.
    for (let error: unknown; ;) {
      ({ error } = await migrator.migrateTo(later));
      if (error === undefined) return;
      if (!database.isSchemaRace(error)) throw error;
    }
  };
  await migrateTo(name);
  return { database, migrateTo };
}

test.each(durableKinds)(
  "a store in $kind of version 0.1 is refused and left as it is; with a reset it begins anew behind its serials",
  async ({ kind, createUrl }) => {
    const made = await createUrl();
    const { database } = await openAt(kind, made, "0003-tick-of-candle");
    const db = database.writes;
    const { seed, scenario, simulatorVersion, startMs, tickMs } = timeline;
    await sql`insert into timeline (id, seed, scenario, simulator_version, start_ms, tick_ms, last_tick)
    values (1, ${seed}, ${scenario}, ${simulatorVersion}, ${startMs}, ${tickMs}, 1200)`.execute(db);
    await sql`insert into serial (id, reserved) values (1, 2000)`.execute(db);
    const snapshot = { world: { tick: 700 }, sequence: 699, observer: null };
    await sql`insert into snapshot (tick, body) values (700, ${JSON.stringify(snapshot)})`.execute(db);
    await sql`insert into message (room_id, serial, id, tick, body)
    values ('disc-1', 1, 'msg-1', 1, ${JSON.stringify(messageOf("msg-1"))})`.execute(db);
    const url = kind === "Postgres" ? made : `${made}.copy`;
    // The library lets go of a file only when its statements are collected.
    if (url !== made) await sql`vacuum into ${url}`.execute(db);
    await database.close();

    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(openTestStore(url)).rejects.toMatchObject({
        name: "StartError",
        message: expect.stringMatching(
          /^The store was created by version 0\.1, .*the option reset.*the option store\.$/,
        ) as string,
      });
    }
    const store = await openTestStore(url, { reset: true });
    store.begin(timeline);
    expect(await store.loadResume()).toMatchObject({ lastTick: 0, snapshots: [] });
    expect(await idsOf(store)).toEqual([]);
    expect(store.nextSerial()).toBe(2001);
    await store.close();
    expect(await (await openTestStore(url)).loadResume()).toMatchObject({ lastTick: 0 });
  },
);

test.each(durableKinds)(
  "a candle that was kept in $kind before it had a tick gets the one that closed it",
  async ({ kind, createUrl }) => {
    const { database, migrateTo } = await openAt(kind, await createUrl(), "0002-scenario-digest");
    const db = database.writes;
    const { seed, scenario, simulatorVersion, startMs, tickMs } = timeline;
    await sql`insert into timeline (id, seed, scenario, simulator_version, start_ms, tick_ms, last_tick)
    values (1, ${seed}, ${scenario}, ${simulatorVersion}, ${startMs}, ${tickMs}, 600)`.execute(db);
    for (const minute of [-1440, -1, 0, 1])
      await sql`insert into minute_candle (sector_id, at_ms, open, high, low, close)
      values ('tech-001', ${startMs + minute * minuteMs}, 1, 2, 0, 1)`.execute(db);
    await sql`insert into reply (key, fingerprint, status, location, body, kept_at_ms)
    values ('k', 'f', 201, '/x', '{}', ${startMs})`.execute(db);
    await migrateTo("0003-tick-of-candle");
    const { rows } = await sql`select tick from minute_candle order by at_ms`.execute(db);
    expect(rows).toEqual([{ tick: 0 }, { tick: 0 }, { tick: 239 }, { tick: 479 }]);
    expect((await sql`select key, location, sequence from reply`.execute(db)).rows).toEqual([
      { key: "k", location: "/x", sequence: null },
    ]);
    await database.close();
  },
);

test.skipIf(isPostgresAbsent)(
  "a schema that another session drops while the tables are listed keeps no store in Postgres from opening",
  async () => {
    const url = await postgresSchema();
    const database = await openPostgres(url);
    let listings = 0;
    class DroppingDialect extends PostgresDialect {
      override createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
        const introspector = super.createIntrospector(db);
        const getTables = introspector.getTables.bind(introspector);
        introspector.getTables = async (options) => {
          listings += 1;
          if (listings > 2) return await getTables(options);
          throw Object.assign(new Error('schema "another" does not exist'), { code: "3F000" });
        };
        return introspector;
      }
    }
    const writes = new Kysely<Tables>({
      dialect: new DroppingDialect({ pool: new pg.Pool({ connectionString: url }) }),
    });
    await migrate({ ...database, writes });
    expect(listings).toBeGreaterThan(2);
    await writes.destroy();
    await database.close();
  },
);
