/** What a store answers while a part of what it was given is not written. */
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { lockClass } from "./postgres.js";
import {
  batchOf,
  idsOf,
  isPostgresAbsent,
  messageOf,
  openTestStore,
  postOf,
  postgresSchema,
  timeline,
  untilOutage,
} from "./store.fixture.js";

/** Ends the session that writes to the schema, and holds the lock in its place until it is let go. */
async function takeLockFrom(url: string): Promise<() => Promise<void>> {
  const client = new pg.Client(url);
  await client.connect();
  let isOver = false;
  const release = async (): Promise<void> => {
    if (!isOver) await client.end();
    isOver = true;
  };
  onTestFinished(release);
  const key = "hashtext(current_schema())";
  const waiting = client.query(`select pg_advisory_lock($1, ${key})`, [lockClass]);
  const ender = new pg.Client(url);
  await ender.connect();
  const holders = `pg_locks where locktype = 'advisory' and granted and classid = $1 and objid = ${key}::oid`;
  await ender.query(`select pg_terminate_backend(pid) from ${holders}`, [lockClass]);
  await ender.end();
  await waiting;
  return release;
}

test.skipIf(isPostgresAbsent)(
  "the log is not read while the place of one of its commands is still to be written; messages are",
  async () => {
    const url = await postgresSchema();
    const store = await openTestStore(url);
    store.begin(timeline);
    await store.commit(postOf(1, 0, messageOf("said")));
    const release = await takeLockFrom(url);
    store.recordBatch(batchOf(1), postOf(1, 1, messageOf("said")));
    await untilOutage(store, true);
    await expect(store.commands(0, 10)).rejects.toMatchObject({ name: "StoreError" });
    expect(await idsOf(store)).toEqual(["said"]);
    await release();
    await untilOutage(store, false);
    expect(await store.commands(0, 10)).toMatchObject([{ sequence: 1, afterTick: 1 }]);
  },
);
