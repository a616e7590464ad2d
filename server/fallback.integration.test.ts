/** A cluster without one of its engines, or without both: it goes on by the other one, and by itself when they are back. */
import { randomUUID } from "node:crypto";
import pg from "pg";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Health } from "../schemas/index.js";
import {
  expectOneStream,
  isClusterAbsent as isAbsent,
  leaderOf,
  listen,
  read,
  scrape,
  startMember,
  status,
} from "./cluster.fixture.js";
import { create, expectSector, expectTicks, startPeers, withoutBroadcasts } from "./fallback.fixture.js";
import { postgresSchema } from "./store/store.fixture.js";

test.skipIf(isAbsent)(
  "Redis away: ticks and commands go on in one order on all members, broadcasts wait, and nothing is missing afterwards",
  async () => {
    const { peers, leader, followers } = await startPeers(3);
    const streams = await Promise.all(peers.map(({ max }) => listen(max)));
    const before = await status(leader.max);
    for (const { redis } of peers) redis.cut();
    for (const [at, { max }] of peers.entries()) {
      expect((await create(max, `away-${at}`)).status).toBe(201);
      // At once, wherever one asks.
      for (const peer of peers) await expectSector(peer, `away-${at}`);
    }
    followers[0].max.realtime.broadcastMarketUpdate({ sectorId: "marker", value: 1 });
    for (const peer of peers) await expectTicks(peer);
    for (const { max } of peers) expect((await fetch(`${max.url}/readyz`)).status).toBe(200);
    const metric = await scrape(leader.max);
    expect(metric("max_member_fallback_decisions_total")).toBeGreaterThan(10);
    for (const stream of streams) expect(stream.some((event) => event.includes('"marker"'))).toBe(false);

    for (const { redis } of peers) await redis.mend();
    await vi.waitFor(() => {
      for (const stream of streams) expect(stream.filter((event) => event.includes('"marker"')).length).toBe(1);
    }, 60_000);
    expect((await create(followers[0].max, "back")).status).toBe(201);
    for (const peer of peers) await expectTicks(peer);
    const { anchors, bootId } = await status(followers[1].max);
    expect([anchors[0], bootId]).toEqual([before.anchors[0], before.bootId]);
    for (const { max } of peers) {
      const { member } = await read<Health>(max, "/health");
      expect([member?.entries["gap"], member?.entries["diverged"]]).toEqual([undefined, undefined]);
    }
    const [first, ...others] = streams.map(withoutBroadcasts);
    for (const other of others) expectOneStream(first, other, 20);
  },
);

test.skipIf(isAbsent)(
  "Postgres away: the market goes on, commands get 503 with Retry-After, and are taken afterwards",
  async () => {
    const { peers, leader } = await startPeers(2);
    for (const { postgres } of peers) postgres.cut();
    for (const { max } of peers) {
      await expectTicks({ max }, 12);
      await vi.waitFor(async () => {
        const refused = await fetch(`${max.url}/api/sectors`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ id: "refused", name: "Refused" }),
        });
        expect([refused.status, refused.headers.get("retry-after") !== null]).toEqual([503, true]);
      }, 60_000);
    }
    expect((await read<Health>(leader.max, "/health")).member?.role).toBe("leader");
    for (const { postgres } of peers) await postgres.mend();
    for (const { max } of peers) expect((await create(max, `back-${randomUUID().slice(0, 6)}`)).status).toBe(201);
  },
);

test.skipIf(isAbsent)("where the leader's session in Postgres is ended, no tick and no command is lost", async () => {
  const store = await postgresSchema();
  const members = [await startMember(store), await startMember(store)];
  await leaderOf(members);
  const streams = await Promise.all(members.map(listen));
  const client = new pg.Client({ connectionString: store });
  await client.connect();
  onTestFinished(() => client.end());
  for (let round = 0; round < 3; round++) {
    await client.query(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
      and classid = 7168376 and objid = hashtext(current_schema())::oid`);
    expect((await create(members[0], `round-${round}`)).status).toBe(201);
    for (const max of members) await expectSector({ max }, `round-${round}`);
  }
  for (const max of members) await expectTicks({ max });
  expectOneStream(streams[0], streams[1], 20);
});

test.skipIf(isAbsent)(
  "a member whose world is another one is cut off, loads it anew, and serves the cluster's stream again",
  async () => {
    const store = await postgresSchema();
    const members = [await startMember(store), await startMember(store)];
    const leader = await leaderOf(members);
    const follower = members.find((max) => max !== leader)!;
    const stream = await listen(follower);
    // As a defect of its memory would.
    const [agent] = follower.simulation.world.agents();
    follower.simulation.world.apply({ type: "deleteAgent", id: agent.id });
    await vi.waitFor(async () => {
      const metric = await scrape(follower);
      expect(metric("max_member_reloads_total")).toBe(1);
      expect((await fetch(`${follower.url}/readyz`)).status).toBe(200);
    }, 60_000);
    const from = stream.length;
    const other = await listen(leader);
    expect((await create(follower, "again")).status).toBe(201);
    await vi.waitFor(() => expect(stream.length).toBeGreaterThan(from + 60), 60_000);
    expectOneStream(stream.slice(from), other, 20);
  },
);
