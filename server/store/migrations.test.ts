/** Stores of earlier versions are brought up to date with what is in them. */
import { Migrator, sql } from "kysely";
import { expect, test } from "vitest";
import type { OpenDatabase } from "./database.js";
import { migrationProvider } from "./migrations.js";
import { openPostgres } from "./postgres.js";
import { createReads } from "./reads.js";
import { openSqlite } from "./sqlite.js";
import { durableKinds, messageOf, timeline } from "./store.fixture.js";
import { verifyRows, verifySerials, verifyTimeline } from "./verify.js";

const minuteMs = 60_000;

async function openAt(
  kind: string,
  url: string,
  name: string,
): Promise<{ readonly database: OpenDatabase; readonly migrator: Migrator }> {
  const database = kind === "Postgres" ? await openPostgres(url) : openSqlite(url);
  const { writes: db, migrationSchema: migrationTableSchema } = database;
  const provider = migrationProvider;
  const migrator = new Migrator({ db, provider, ...(migrationTableSchema !== undefined && { migrationTableSchema }) });
  await migrator.migrateTo(name);
  return { database, migrator };
}

test.each(durableKinds)(
  "a store in $kind that was written without checksums is sealed as it is, and can be read",
  async ({ kind, createUrl }) => {
    const { database, migrator } = await openAt(kind, await createUrl(), "0003-tick-of-candle");
    const db = database.writes;
    const { seed, scenario, simulatorVersion, startMs, tickMs } = timeline;
    await sql`insert into timeline (id, seed, scenario, simulator_version, start_ms, tick_ms, last_tick)
    values (1, ${seed}, ${scenario}, ${simulatorVersion}, ${startMs}, ${tickMs}, 1200)`.execute(db);
    await sql`insert into serial (id, reserved) values (1, 2000)`.execute(db);
    const command = { type: "deleteAgent", id: "agent-1" };
    // More than one batch of them.
    const sequences = Array.from({ length: 1100 }, (_, at) => at + 1);
    const commands = sequences.map((at) => sql`(${at}, ${at}, ${JSON.stringify(command)})`);
    await sql`insert into command (sequence, after_tick, body) values ${sql.join(commands)}`.execute(db);
    const messages = sequences.map((at) => {
      const message = messageOf(`msg-u${at}`, `disc-${at % 2}`);
      return sql`(${message.discussionId}, ${at}, ${message.id}, ${at}, ${at}, ${JSON.stringify(message)})`;
    });
    await sql`insert into message (room_id, serial, id, tick, sequence, body) values ${sql.join(messages)}`.execute(db);
    const snapshot = { world: { tick: 700 }, sequence: 699, observer: null };
    await sql`insert into snapshot (tick, body) values (700, ${JSON.stringify(snapshot)})`.execute(db);
    expect((await migrator.migrateToLatest()).error).toBeUndefined();

    expect(await verifyTimeline(db)).toMatchObject({ last_tick: 1200, log_sequence: 1100 });
    expect(await verifySerials(db)).toBe(2000);
    const reads = createReads(db);
    expect(await reads.commands(699, 1000)).toHaveLength(401);
    expect(await reads.messages("disc-1", Number.MAX_SAFE_INTEGER, 1000)).toHaveLength(550);
    if (kind !== "Postgres") await verifyRows(db);
    await database.close();
  },
);

test.each(durableKinds)(
  "a candle that was kept in $kind before it had a tick gets the one that closed it",
  async ({ kind, createUrl }) => {
    const { database, migrator } = await openAt(kind, await createUrl(), "0002-scenario-digest");
    const db = database.writes;
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
