/** A member alone without one of its engines, a cluster without both, and a member that has missed too much. */
import { randomUUID } from "node:crypto";
import { createClient } from "@redis/client";
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
import { redisUrl } from "./cluster/redis.fixture.js";
import { type Peer, create, expectSector, expectTicks, startPeer, startPeers } from "./fallback.fixture.js";
import { startCuttableWay } from "./store/breakable-proxy.fixture.js";
import { postgresSchema } from "./store/store.fixture.js";

test.skipIf(isAbsent)("a member that has no Redis goes on by Postgres, whether it leads or follows", async () => {
  const { peers, leader, followers } = await startPeers(3);
  const streams = await Promise.all(peers.map(({ max }) => listen(max)));
  for (const cut of [followers[0], leader]) {
    cut.redis.cut();
    for (const peer of peers) await expectTicks(peer);
    const id = `cut-${randomUUID().slice(0, 6)}`;
    expect((await create(cut.max, id)).status).toBe(201);
    for (const peer of peers) await expectSector(peer, id);
    await cut.redis.mend();
    for (const peer of peers) await expectTicks(peer);
  }
  expect((await read<Health>(leader.max, "/health")).member?.role).toBe("leader");
  for (const stream of streams.slice(1)) expectOneStream(streams[0], stream, 20);
});

test.skipIf(isAbsent)(
  "a member that joins while Redis is away serves, and keeps the anchors when it comes to lead",
  async () => {
    const store = await postgresSchema();
    const first = await startPeer(store);
    await leaderOf([first.max]);
    const { anchors, bootId } = await status(first.max);
    first.redis.cut();
    await expectTicks(first);
    const [redis, postgres] = [await startCuttableWay(redisUrl), await startCuttableWay(store)];
    redis.cut();
    const late = await startMember(postgres.url, { cluster: { redis: redis.url } });
    expect((await create(late, "late")).status).toBe(201);
    await expectTicks({ max: late });
    expect((await status(late)).anchors[0]).toEqual(anchors[0]);
    await Promise.all([first.redis.mend(), redis.mend()]);
    await expectTicks({ max: late });
    await first.max.close();
    await leaderOf([late]);
    await expectTicks({ max: late });
    const after = await status(late);
    expect([after.bootId, after.anchors[0]]).toEqual([bootId, anchors[0]]);
  },
);

test.skipIf(isAbsent)(
  "a leader that alone has lost Postgres is led by another member, and nobody misses a tick of it",
  async () => {
    const { leader, followers } = await startPeers(2);
    const streams = await Promise.all([leader, ...followers].map(({ max }) => listen(max)));
    leader.postgres.silence();
    expect((await create(followers[0].max, "taken")).status).toBe(201);
    expect(await leaderOf(followers.map(({ max }) => max))).toBe(followers[0].max);
    await expectTicks(leader);
    expectOneStream(streams[0], streams[1], 20);
    leader.postgres.answer();
    await expectSector(leader, "taken");
  },
);

test.skipIf(isAbsent)(
  "both away: the market stands still, and goes on by itself when one of them is back",
  async () => {
    const { peers, leader } = await startPeers(2);
    const streams = await Promise.all(peers.map(({ max }) => listen(max)));
    for (const { postgres, redis } of peers) {
      postgres.cut();
      redis.cut();
    }
    await vi.waitFor(async () => {
      for (const { max } of peers) expect(max.subscribers()).toBe(0);
      for (const { max } of peers) expect((await fetch(`${max.url}/readyz`)).status).toBe(503);
    }, 60_000);
    const [one] = streams.map((stream) => stream.length);
    for (const { postgres } of peers) await postgres.mend();
    // Stock clients connect again by themselves.
    await vi.waitFor(() => expect(streams[0].length).toBeGreaterThan(one + 40), 60_000);
    for (const peer of peers) await expectTicks(peer);
    for (const { redis } of peers) await redis.mend();
    for (const peer of peers) await expectTicks(peer);
    expect((await create(leader.max, "back")).status).toBe(201);
  },
);

test.skipIf(isAbsent)(
  "a member that has missed what neither the stream nor the row has any more loads its world anew",
  async () => {
    const { leader, followers } = await startPeers(2);
    const [{ max, redis, postgres }] = followers as readonly [Peer];
    redis.cut();
    postgres.cut();
    await expectTicks(leader);
    const client = await createClient({ url: redisUrl }).connect();
    onTestFinished(() => client.destroy());
    await client.xTrim(`max:${(await status(leader.max)).bootId}:log`, "MAXLEN", 2);
    await redis.mend();
    await vi.waitFor(async () => {
      expect((await fetch(`${max.url}/readyz`)).status).toBe(503);
      expect((await scrape(max))("max_member_reloads_total")).toBe(1);
    }, 60_000);
    await postgres.mend();
    await vi.waitFor(async () => expect((await fetch(`${max.url}/readyz`)).status).toBe(200), 60_000);
    await expectTicks({ max });
    expect((await create(max, "again")).status).toBe(201);
  },
);
