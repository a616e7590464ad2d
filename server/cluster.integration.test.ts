/** Several servers as members of one cluster, over real Redis and Postgres. */
import { randomUUID } from "node:crypto";
import { createClient } from "@redis/client";
import pg from "pg";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Health, Problem, SectorList } from "../schemas/index.js";
import {
  expectOneStream,
  isClusterAbsent as isAbsent,
  leaderOf,
  listen,
  post,
  read,
  scrape,
  startMember,
  status,
  token,
} from "./cluster.fixture.js";
import { redisUrl as redis } from "./cluster/redis.fixture.js";
import { RedisStream } from "./cluster/redis-stream.js";
import { silentLogger } from "./core/logger.js";
import { startMax } from "./main.js";
import { postgresSchema } from "./store/store.fixture.js";

test.skipIf(isAbsent)(
  "three members serve one market: what one is told, all know, and their subscribers get one stream",
  async () => {
    const store = await postgresSchema();
    const members = [await startMember(store), await startMember(store), await startMember(store)] as const;
    const leader = await leaderOf(members);
    const streams = await Promise.all(members.map(listen));

    for (const [at, max] of members.entries()) {
      const created = await post(max, "/api/sectors", { id: `sector-${at}x`, name: `Sector ${at}` });
      expect(created.status).toBe(201);
      // At once, wherever one asks.
      for (const other of members) {
        const { data } = await read<SectorList>(other, "/api/sectors?limit=200");
        expect(data.map(({ id }) => id)).toContain(`sector-${at}x`);
      }
      const said = await post(max, "/api/discussions/disc-001/messages", {
        content: `said ${at}`,
        authorId: "someone",
      });
      expect(said.status).toBe(201);
      const location = `${members[(at + 1) % 3].url}${said.headers.get("location")!}`;
      await vi.waitFor(async () => expect((await fetch(location)).status).toBe(200), 60_000);
    }
    for (let round = 0; round < 20; round++)
      for (const [at, max] of members.entries())
        max.realtime.broadcastMarketUpdate({ sectorId: "marker", value: round * 3 + at });

    await vi.waitFor(() => {
      for (const stream of streams) expect(stream.filter((event) => event.includes('"marker"')).length).toBe(60);
      for (const stream of streams) expect(stream.length).toBeGreaterThan(400);
    }, 60_000);
    expectOneStream(streams[0], streams[1]);
    expectOneStream(streams[0], streams[2]);

    const [first, ...others] = await Promise.all(members.map(status));
    for (const other of others) {
      expect(other.bootId).toBe(first.bootId);
      expect(other.anchors).toEqual(first.anchors);
      if (other.tick === first.tick) expect(other.digest).toBe(first.digest);
    }

    for (const max of members) {
      const metric = await scrape(max);
      const isLeader = Number(max === leader);
      expect([metric("max_member_leads"), metric("max_member_takeovers_total")]).toEqual([isLeader, isLeader]);
      expect(metric('max_member_entries_total{outcome="applied"}')).toBeGreaterThan(60);
      expect(metric("max_member_appended_bytes_total")).toBeGreaterThan(1000);
      expect(metric("max_member_silent_seconds")).toBeLessThan(1);
      // What it was told, and the one read of a message.
      expect(metric('max_member_forwarded_total{outcome="answered"}') > 0).toBe(max !== leader);
      expect(metric("max_member_barrier_seconds_count")).toBeGreaterThan(3);
    }
  },
);

test.skipIf(isAbsent)(
  "when the leader leaves, another one goes on: no tick is missing, and commands are taken",
  async () => {
    const store = await postgresSchema();
    const members = [await startMember(store), await startMember(store)];
    const leader = await leaderOf(members);
    const survivor = members.find((max) => max !== leader)!;
    const before = await status(survivor);
    const stream = await listen(survivor);
    await leader.close();
    await leaderOf([survivor]);
    expect((await post(survivor, "/api/sectors", { id: "sector-late", name: "Late" })).status).toBe(201);
    const ticksOf = (): number[] =>
      stream.flatMap((event) => /"indexValue":.*"timestamp":"(.*)"/.exec(event)?.[1] ?? []).map(Date.parse);
    await vi.waitFor(() => expect(ticksOf().length).toBeGreaterThan(20), 60_000);
    const after = await status(survivor);
    expect(after.bootId).toBe(before.bootId);
    const ticks = ticksOf();
    for (const [at, atMs] of ticks.entries()) expect(atMs - ticks[0]).toBe(at * after.tickMs);

    // What was written before and after is one history: a member that comes now ends up in the same place.
    const late = await startMember(store);
    const { data } = await read<SectorList>(late, "/api/sectors?limit=200");
    expect(data.map(({ id }) => id)).toContain("sector-late");
  },
);

test.skipIf(isAbsent)("a cluster that starts again catches up with the time in which it was down", async () => {
  const store = await postgresSchema();
  const stopped = await startMember(store, { startMs: Date.now() });
  await leaderOf([stopped]);
  await vi.waitFor(async () => expect((await status(stopped)).tick).toBeGreaterThan(5), 60_000);
  await stopped.close();
  const laterMs = 600_000;
  const later = { catchUp: true, wallClockMs: () => Date.now() + laterMs };
  const members = [await startMember(store, later), await startMember(store, later)];
  await leaderOf(members);
  await vi.waitFor(async () => {
    const { time, slips, state } = await status(members[1]);
    expect(Date.parse(time)).toBeGreaterThan(Date.now() + laterMs - 5000);
    expect({ slips, state }).toEqual({ slips: 0, state: "playing" });
  }, 60_000);
});

test.skipIf(isAbsent)(
  "entries of an old leader are void, and a member whose world is another one is found",
  async () => {
    const store = await postgresSchema();
    const members = [await startMember(store), await startMember(store)];
    const leader = await leaderOf(members);
    const follower = members.find((max) => max !== leader)!;
    const { bootId } = await status(leader);
    const client = await createClient({ url: redis }).connect();
    onTestFinished(() => client.destroy());
    const append = (entry: object) => client.xAdd(`max:${bootId}:log`, "*", { e: JSON.stringify(entry) });
    const { sequence, tick } = { sequence: 1, tick: (await status(leader)).tick + 1000 };
    const check = { at: { tick: 0, sequence: 0 }, digest: "" };
    const command = { type: "deleteSector", id: "tech-001" };
    await append({ kind: "command", epoch: 0, tick, sequence, check, command, acceptedNs: "0" });
    await vi.waitFor(async () => {
      for (const max of members) expect((await read<Health>(max, "/health")).member?.entries["void"]).toBe(1);
    }, 60_000);

    const { member } = await read<Health>(follower, "/health");
    // A tick far ahead, as if all between were lost.
    await append({ kind: "tick", epoch: member!.epoch, tick, sequence: 0, check });
    const reloads = async (): Promise<number> => (await scrape(follower))("max_member_reloads_total");
    await vi.waitFor(async () => expect(await reloads()).toBe(1), 60_000);
    // It has the cluster's world again: what is told to the leader is known to it, and its digest is the leader's.
    expect((await post(leader, "/api/sectors", { id: "sector-late", name: "Late" })).status).toBe(201);
    await vi.waitFor(async () => {
      const { data } = await read<SectorList>(follower, "/api/sectors?limit=200");
      expect(data.map(({ id }) => id)).toContain("sector-late");
      expect((await status(follower)).anchors).toEqual((await status(leader)).anchors);
    }, 60_000);
  },
);

test.skipIf(isAbsent)(
  "members go on from what a single process has made of their store meanwhile: a market of its own",
  async () => {
    const store = await postgresSchema();
    const before = await startMember(store);
    await leaderOf([before]);
    expect((await post(before, "/api/sectors", { id: "sector-old", name: "Old" })).status).toBe(201);
    await vi.waitFor(async () => expect((await status(before)).tick).toBeGreaterThan(10), 60_000);
    const { bootId } = await status(before);
    await before.close();
    const alone = { port: 0, scenario: "fan-out", store, token };
    await expect(startMax({ ...alone, seed: "8" })).rejects.toThrow("The store holds another market");
    const client = new pg.Client({ connectionString: store });
    await client.connect();
    expect((await client.query("select log_id from cluster")).rows).toEqual([{ log_id: bootId }]);
    await client.end();
    const single = await startMax({ ...alone, seed: "7", reset: true });
    expect((await post(single, "/api/sectors", { id: "sector-new", name: "New" })).status).toBe(201);
    await single.close();

    const members = [await startMember(store), await startMember(store)];
    await leaderOf(members);
    for (const max of members) {
      const { tick } = await status(max);
      await vi.waitFor(async () => expect((await status(max)).tick).toBeGreaterThan(tick + 5), 60_000);
      const { data } = await read<SectorList>(max, "/api/sectors?limit=200");
      expect(data.map(({ id }) => id).filter((id) => id.startsWith("sector-"))).toEqual(["sector-new"]);
      expect((await status(max)).bootId).not.toBe(bootId);
      expect((await scrape(max))("max_member_reloads_total")).toBe(0);
    }
  },
);

test.skipIf(isAbsent)("a member that joins where the log no longer says who leads is told so", async () => {
  const store = await postgresSchema();
  const leader = await startMember(store);
  await leaderOf([leader]);
  const { bootId, anchors } = await status(leader);
  const client = await createClient({ url: redis }).connect();
  onTestFinished(() => client.destroy());
  const key = `max:${bootId}:log`;
  // What a cluster leaves behind in Redis goes by itself.
  await vi.waitFor(async () => expect(await client.ttl(key)).toBeGreaterThan(23 * 60 * 60), 60_000);
  const said = ((await client.xRange(key, "-", "+")) ?? []).filter(({ message }) =>
    /"(?:leader|pace)"/.test(message["e"] ?? ""),
  );
  const removed = await client.xDel(
    key,
    said.map(({ id }) => id),
  );
  expect(removed).toBeGreaterThan(1);

  const late = await startMember(store);
  expect((await post(late, "/api/sectors", { id: "sector-late", name: "Late" })).status).toBe(201);
  await vi.waitFor(async () => expect((await status(late)).anchors).toEqual(anchors), 60_000);
});

test.skipIf(isAbsent).each([
  ["another token", { token: "f".repeat(32) }, "The members of this cluster have another control token"],
  ["another seed", { seed: "8" }, "The store holds another market"],
  ["a manual clock", { clock: "manual" }, "A cluster has a clock of its own"],
  ["a file as its store", { store: ":memory:" }, "The members of a cluster share a Postgres store"],
  ["an address that is no Redis", { cluster: { redis: "http://localhost" } }, 'Invalid address "http://localhost"'],
] as const)("a member with %s is refused in one sentence", async (_name, options, sentence) => {
  const store = await postgresSchema();
  await startMember(store);
  await expect(startMember(store, options)).rejects.toThrow(sentence);
});

test.skipIf(isAbsent)("whoever waits for an entry is told when the connection to Redis ends", async () => {
  let connected = (): void => {};
  const isConnected = new Promise<void>((resolve) => void (connected = resolve));
  const stream = new RedisStream({
    url: redis,
    key: `max:test-${randomUUID()}:log`,
    take() {},
    onConnect() {
      connected();
      return [];
    },
    onDisconnect() {},
  });
  await isConnected;
  const reached = stream.reach("9999999999999-0");
  const closed = stream.close();
  await expect(reached).rejects.toThrow("has ended");
  await closed;
});

test.skipIf(isAbsent)(
  "a member that cannot reach the address of its leader is not ready, and says which it is",
  async () => {
    const store = await postgresSchema();
    const nowhere = "http://127.0.0.1:1";
    await startMember(store, { cluster: { redis, advertise: nowhere } });
    const warnings: string[] = [];
    const warn = (fields: object, message: string) => void warnings.push(`${message} ${JSON.stringify(fields)}`);
    const logger = { ...silentLogger, warn };
    const follower = await startMax({
      port: 0,
      seed: "7",
      scenario: "fan-out",
      store,
      token,
      logger,
      cluster: { redis },
    });
    onTestFinished(() => follower.close());
    await vi.waitFor(async () => {
      const { status: code, detail } = (await (await fetch(`${follower.url}/readyz`)).json()) as Problem;
      expect(code).toBe(503);
      expect(detail).toMatch(/cannot ask its leader at http:\/\/127.0.0.1:1 .*ECONNREFUSED.* the leader advertises\./);
    }, 60_000);
    expect(warnings.filter((line) => line.includes("the leader of the cluster cannot be asked"))).toEqual([
      expect.stringContaining(nowhere),
    ]);
  },
);
