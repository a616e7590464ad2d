/** Members whose Redis, row or database is not the one that their cluster has, or had. */
import { createClient } from "@redis/client";
import pg from "pg";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Health } from "../schemas/index.js";
import { isClusterAbsent as isAbsent, leaderOf, listen, read, startMember, token } from "./cluster.fixture.js";
import { redisUrl } from "./cluster/redis.fixture.js";
import { create, expectSector, expectTicks } from "./fallback.fixture.js";
import { silentLogger } from "./core/logger.js";
import { type Max, startMax } from "./main.js";
import { openSharedStore } from "./store/shared-store.js";
import { messageOf, openTestStore, postOf, postgresSchema, timeline, world } from "./store/store.fixture.js";

const shared = { ...world, tokenDigest: "digest" };

async function connectTo(store: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: store });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** Of another database of the same Redis: members share nothing by it. */
function otherRedis(): string {
  const url = new URL(redisUrl);
  url.pathname = "/9";
  return url.href;
}

async function refusalOf(max: Pick<Max, "url">, path = "/readyz"): Promise<string> {
  const answer = await fetch(`${max.url}${path}`);
  expect(answer.status).toBe(503);
  return ((await answer.json()) as { detail: string }).detail;
}

const epochOf = async (max: Max) => (await read<Health>(max, "/health")).member!.epoch;

test.skipIf(isAbsent)("a member with another Redis than its leader serves nobody, and says why", async () => {
  const store = await postgresSchema();
  const leader = await startMember(store);
  await leaderOf([leader]);
  const options = { port: 0, seed: "7", scenario: "fan-out", store, token } as const;
  const other = await startMax({ ...options, cluster: { redis: otherRedis() } });
  onTestFinished(() => other.close());
  await vi.waitFor(
    async () => expect(await refusalOf(other)).toContain("another Redis than the leader of its cluster"),
    60_000,
  );
  // It has the leader answer: its own world may be behind.
  expect((await create(leader, "late")).status).toBe(201);
  await expectSector({ max: other }, "late");
  expect((await read<Health>(leader, "/health")).member?.role).toBe("leader");
});

test.skipIf(isAbsent)("a leader that the row refuses leads no longer, and its market goes on", async () => {
  const store = await postgresSchema();
  const max = await startMember(store);
  const events = await listen(max);
  const epoch = await epochOf(max);
  const client = await connectTo(store);
  // As another member does that cannot be heard by the stream.
  await client.query("update cluster set epoch = epoch + 5, position_number = 0");
  await vi.waitFor(async () => expect(await epochOf(max)).toBe(epoch + 6), 60_000);
  await expectTicks({ max });
  expect((await create(max, "later")).status).toBe(201);
  expect(events.length).toBeGreaterThan(0);
});

test.skipIf(isAbsent)(
  "a leader that is deposed by the stream gives up the lock, and somebody leads again",
  async () => {
    const store = await postgresSchema();
    const max = await startMember(store);
    const epoch = await epochOf(max);
    const client = await connectTo(store);
    const { rows } = await client.query<{ log_id: string }>("select log_id from cluster");
    const redis = await createClient({ url: redisUrl }).connect();
    onTestFinished(() => redis.destroy());
    await redis.xAdd(`max:${rows[0].log_id}:log`, "*", { e: JSON.stringify({ kind: "beat", epoch: epoch + 1 }) });
    await vi.waitFor(async () => expect(await epochOf(max)).toBeGreaterThan(epoch + 1), 60_000);
    await expectTicks({ max });
    expect((await create(max, "later")).status).toBe(201);
  },
);

test.skipIf(isAbsent)("where Postgres has gone back commands are refused, and the market goes on", async () => {
  const store = await postgresSchema();
  const max = await startMember(store);
  await create(max, "early");
  const client = await connectTo(store);
  const { rows } = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = current_schema() and tablename !~ 'migration|cluster'",
  );
  // A backup of all but the row that the members share, which a restart of Postgres leaves as it is.
  for (const { name } of rows) await client.query(`create temporary table "backup_${name}" as table "${name}"`);
  await create(max, "late");
  await client.query(`begin; ${rows.map(({ name }) => `delete from "${name}";`).join(" ")}`);
  for (const { name } of rows) await client.query(`insert into "${name}" select * from "backup_${name}"`);
  await client.query("commit");
  await client.query(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
    and classid = 7168376 and objid = hashtext(current_schema())::oid`);
  await vi.waitFor(async () => expect(await refusalOf(max)).toContain("Postgres has gone back"), 60_000);
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ id: "after", name: "After" });
  const refused = await fetch(`${max.url}/api/sectors`, { method: "POST", headers, body });
  expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining("restored backup")]);
  await expectTicks({ max });
});

test.skipIf(isAbsent)("a command that follows none is not stored", async () => {
  const store = await openTestStore(await postgresSchema());
  store.begin(timeline);
  await store.commit(postOf(1, 1, messageOf("msg-u1")));
  await expect(store.commit(postOf(3, 1, messageOf("msg-u3")))).rejects.toThrow(
    "The store ends with command 1 and cannot take command 3: it has lost what lay between.",
  );
});

test.skipIf(isAbsent)(
  "a copy of a database has a log of its own, and the row of another log is no member's",
  async () => {
    const [store, copy] = [await postgresSchema(), await postgresSchema()];
    const original = await openSharedStore({ url: store, ...shared });
    onTestFinished(() => original.close());
    const client = await connectTo(store);
    const copySchema = /search_path=(\w+)/.exec(decodeURIComponent(copy))![1];
    await client.query(`create table ${copySchema}.cluster (like cluster including all);
    insert into ${copySchema}.cluster select * from cluster`);
    const ids: string[] = [];
    for (let round = 0; round < 2; round++) {
      const copied = await openSharedStore({ url: copy, ...shared });
      ids.push(copied.logId);
      await copied.close();
    }
    expect(ids[0]).not.toBe(original.logId);
    expect(ids[1]).toBe(ids[0]);

    const epoch = await original.nextEpoch(0);
    expect(await original.position.write("text", epoch, 1)).toBe(true);
    await client.query("update cluster set log_id = 'another'");
    expect(await original.position.write("text", epoch, 2)).toBe(false);
    await expect(original.position.read()).rejects.toThrow(/no longer has this cluster's row .*Stop all members/);
    await expect(original.nextEpoch(0)).rejects.toThrow(/no longer has this cluster's row/);
    expect(await original.endHolder(epoch)).toBe(false);
  },
);

test.skipIf(isAbsent)("a member whose row is deleted leads no longer, and says so", async () => {
  const store = await postgresSchema();
  const errors: unknown[] = [];
  const logger = { ...silentLogger, error: (fields: object) => void errors.push((fields as { err?: unknown }).err) };
  const max = await startMember(store, { logger });
  const client = await connectTo(store);
  await client.query("delete from cluster");
  await vi.waitFor(async () => expect(await refusalOf(max)).toBe("The member hears nothing of its cluster."), 60_000);
  expect(errors.join("\n")).toContain("no longer has this cluster's row");
});
