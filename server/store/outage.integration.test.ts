/** A database that fails: nothing acknowledged is lost, nothing rejected is kept, ticks are retained, and it recovers by itself. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "kysely";
import Database from "libsql";
import { expect, onTestFinished, test } from "vitest";
import { openCuttableStore } from "./breakable-proxy.fixture.js";
import { migrate } from "./database.js";
import { createReads } from "./reads.js";
import { openPostgres } from "./postgres.js";
import { openSqlite } from "./sqlite.js";
import {
  batchOf,
  candleOf,
  durableKinds,
  idsOf,
  isPostgresAbsent,
  messageOf,
  openTestStore,
  postOf,
  postgresSchema,
  temporaryFolder,
  timeline,
  untilOutage,
} from "./store.fixture.js";
import { Writer } from "./writer.js";
import type { TickMessage, Write } from "./writes.js";

function ticksOf(tick: number, messages: readonly TickMessage[] = []): Write {
  return { kind: "ticks", lastTick: tick, messages, minuteCandles: [] };
}

function snapshotOf(tick: number): Write {
  const { startMs, tickMs, scenario: scenarioName, ...rest } = timeline;
  return {
    kind: "snapshot",
    snapshot: { world: { ...rest, scenarioName, startMs, tickMs, tick, state: null }, sequence: 0, observer: null },
  };
}

function commandOf(sequence: number, id: string): Write {
  return { kind: "command", record: postOf(sequence, sequence, messageOf(id)), keptAtMs: 0 };
}

test("a full disk rejects commands, retains ticks, and takes both again when there is room", async () => {
  const database = openSqlite(join(await temporaryFolder(), "history.db"));
  await migrate(database);
  const outages: (string | null)[] = [];
  const writer = new Writer(database.writes, {
    timeline: null,
    lastMessageSerial: 0,
    requireInPlace: database.requireInPlace,
    retryMs: 5,
    explain: database.explain,
    mayHaveCommitted: database.mayHaveCommitted,
    onOutage: (outage) => outages.push(outage),
    onGivenUp: () => {},
  });
  onTestFinished(async () => {
    writer.stop();
    await database.close();
  });
  const roomy = async (pages: number): Promise<void> => {
    await sql`pragma max_page_count = ${sql.raw(String(pages))}`.execute(database.writes);
  };
  await writer.commit({ kind: "begin", timeline });
  await writer.commit(commandOf(1, "msg-u1"));
  await roomy(1);
  const large = messageOf("msg-large");
  writer.write(ticksOf(1, [{ tick: 1, message: { ...large, content: "x".repeat(100_000) } }]));
  await expect(writer.commit(commandOf(2, "msg-u2"))).rejects.toMatchObject({
    name: "StoreError",
    message: "The disk of the store is full.",
  });
  await expect(writer.commit(commandOf(2, "msg-u2"))).rejects.toMatchObject({ name: "StoreError" });
  writer.write(ticksOf(2, [{ tick: 2, message: messageOf("msg-2") }]));
  expect(outages).toEqual(["The disk of the store is full."]);

  await roomy(1_000_000);
  await expect.poll(() => outages.at(-1)).toBeNull();
  await writer.commit(commandOf(2, "msg-u3"));
  const reads = createReads(database.reads);
  const rows = await reads.messages("disc-1", Number.MAX_SAFE_INTEGER, 10);
  expect(rows.map(({ message }) => message.id)).toEqual(["msg-u3", "msg-2", "msg-large", "msg-u1"]);
  expect((await reads.commands(0, 10)).map(({ sequence }) => sequence)).toEqual([1, 2]);
});

test("an outage of many hours keeps the newest messages up to a bound and the newest snapshot, and says how many messages it gave up", async () => {
  const database = openSqlite(":memory:");
  await migrate(database);
  let givenUp = 0;
  let outage: string | null = null;
  const writer = new Writer(database.writes, {
    timeline: null,
    lastMessageSerial: 0,
    requireInPlace: database.requireInPlace,
    retryMs: 1,
    retainedMessagesMax: 10,
    explain: () => "gone",
    mayHaveCommitted: database.mayHaveCommitted,
    onOutage: (now) => (outage = now),
    onGivenUp: (messages) => (givenUp += messages),
  });
  onTestFinished(async () => {
    writer.stop();
    await database.close();
  });
  await sql`alter table message rename to elsewhere`.execute(database.writes);
  for (let tick = 1; tick <= 25; tick++) {
    writer.write(ticksOf(tick, [{ tick, message: messageOf(`msg-${tick}`) }]));
    if (tick === 1) await expect.poll(() => outage).not.toBeNull();
    writer.write(snapshotOf(tick));
  }
  expect(givenUp).toBe(15);
  await sql`alter table elsewhere rename to message`.execute(database.writes);
  await expect.poll(() => outage).toBeNull();
  const rows = await createReads(database.reads).messages("disc-1", Number.MAX_SAFE_INTEGER, 100);
  expect(rows.map(({ message }) => message.id)).toEqual(Array.from({ length: 10 }, (_, at) => `msg-${25 - at}`));
  const snapshots = await database.reads.selectFrom("snapshot").select("tick").execute();
  expect(snapshots).toEqual([{ tick: 25 }]);
});

test.each([
  ["no database at all", () => "this is no database, whatever its name says\n".repeat(200)],
  ["a database with a damaged page", null],
])("a file that is %s is refused in one sentence and left as it is", async (_name, make) => {
  const file = join(await temporaryFolder(), "history.db");
  if (make === null) {
    const store = await openTestStore(file);
    store.begin(timeline);
    for (let tick = 1; tick < 500; tick++) store.recordBatch(batchOf(tick, [messageOf(`msg-${tick}`)]));
    await store.close();
    const bytes = await readFile(file);
    bytes.fill(7, 4096, bytes.length - 4096);
    await writeFile(file, bytes);
  } else await writeFile(file, make());
  const before = await readFile(file);
  for (const reset of [false, true]) {
    const refused = openTestStore(file, { reset });
    await expect(refused).rejects.toMatchObject({ name: "StartError", code: "storeUnusable" });
    await expect(refused).rejects.toThrow(
      /^The store \S+ is damaged or no SQLite file; it was left as it is: .* the option store\.$/,
    );
  }
  expect((await readFile(file)).equals(before)).toBe(true);
});

test("what made a transaction fail is told even where SQLite has rolled it back by itself", async () => {
  const database = openSqlite(":memory:");
  onTestFinished(() => database.close());
  const failing = database.writes.transaction().execute(async (trx) => {
    await sql`rollback`.execute(trx);
    throw new Error("the cause");
  });
  await expect(failing).rejects.toThrow("the cause");
});

test.each(durableKinds)("a store in $kind that a newer version has written is refused", async ({ kind, createUrl }) => {
  const url = await createUrl();
  await (await openTestStore(url)).close();
  const later = "insert into kysely_migration (name, timestamp) values ('9999-later', '2099-01-01')";
  if (kind === "Postgres") {
    const database = await openPostgres(url);
    await sql.raw(later).execute(database.writes);
    await database.close();
  } else {
    // Not through Kysely, whose statements keep the file locked until they are collected.
    const database = new Database(url);
    database.exec(later);
    database.close();
  }
  await expect(openTestStore(url)).rejects.toThrow(/written by a newer version.*option store/);
});

test("a store that cannot be opened is refused with the way out", async () => {
  const folder = await temporaryFolder();
  await expect(openTestStore(folder)).rejects.toThrow(/cannot be opened; make.*option store/);
  await expect(openTestStore("postgres://postgres@127.0.0.1:1/none")).rejects.toThrow(
    /^Postgres at 127.0.0.1:1\/none cannot be reached\. .*option store\.$/,
  );
  await expect(openTestStore("postgres://u:secret@127.0.0.1:1/none")).rejects.not.toThrow("secret");
});

test.skipIf(isPostgresAbsent)("the lock goes with a connection that has gone silent, within 15 seconds", async () => {
  const database = await openPostgres(await postgresSchema());
  const { rows } = await sql`select name, setting from pg_settings where name like 'tcp_%' order by name`.execute(
    database.writes,
  );
  await database.close();
  expect(rows).toEqual([
    { name: "tcp_keepalives_count", setting: "3" },
    { name: "tcp_keepalives_idle", setting: "5" },
    { name: "tcp_keepalives_interval", setting: "3" },
    { name: "tcp_user_timeout", setting: "14000" },
  ]);
});

test.skipIf(isPostgresAbsent)(
  "Postgres goes and comes back: what was acknowledged is there once, what was rejected is not",
  async () => {
    const { way, store } = await openCuttableStore();
    store.recordBatch(batchOf(1, [messageOf("msg-1")], [candleOf(0)]));
    await store.commit(postOf(1, 1, messageOf("msg-u1")));

    way.cut();
    await expect(store.commit(postOf(2, 1, messageOf("msg-u2")))).rejects.toMatchObject({ name: "StoreError" });
    await untilOutage(store, true);
    await expect(store.messages("disc-1", { limit: 10 })).rejects.toMatchObject({ name: "StoreError" });
    store.recordBatch(batchOf(2, [messageOf("msg-2")], [candleOf(1)]));
    await expect(store.commit(postOf(2, 2, messageOf("msg-u2")))).rejects.toMatchObject({ name: "StoreError" });

    await way.mend();
    await untilOutage(store, false);
    await store.commit(postOf(2, 2, messageOf("msg-u3")));
    expect(await idsOf(store)).toEqual(["msg-u3", "msg-2", "msg-u1", "msg-1"]);
    const { data } = await store.candles({ sectorId: "tech-001", interval: "1m", sort: "asc", limit: 10 });
    expect(data).toHaveLength(2);
  },
);
