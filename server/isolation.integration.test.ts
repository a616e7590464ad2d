/** A member of a cluster that hears nothing of the log, by neither path: nobody may be left looking at a market that stands still. */
import { expect, test, vi } from "vitest";
import { isClusterAbsent, leaderOf, listen, scrape, startMember } from "./cluster.fixture.js";
import { redisUrl } from "./cluster/redis.fixture.js";
import { startCuttableWay } from "./store/breakable-proxy.fixture.js";
import { postgresSchema } from "./store/store.fixture.js";

test.skipIf(isClusterAbsent)(
  "a member that hears nothing of its cluster for 5 s closes its subscribers, and serves again once it does",
  async () => {
    const store = await postgresSchema();
    const leader = await startMember(store);
    await leaderOf([leader]);
    const [redis, postgres] = [await startCuttableWay(redisUrl), await startCuttableWay(store)];
    const follower = await startMember(postgres.url, { cluster: { redis: redis.url } });
    const readiness = async () => (await fetch(`${follower.url}/readyz`)).status;
    await vi.waitFor(async () => expect(await readiness()).toBe(200), 60_000);
    const [atLeader, atFollower] = await Promise.all([listen(leader), listen(follower)]);
    await vi.waitFor(() => expect(atFollower.length).toBeGreaterThan(50), 60_000);

    for (const way of [redis, postgres]) way.silence();
    const silentMs = performance.now();
    await vi.waitFor(async () => expect(await readiness()).toBe(503), 60_000);
    expect(follower.subscribers()).toBe(1);
    await vi.waitFor(() => expect(follower.subscribers()).toBe(0), 60_000);
    expect(performance.now() - silentMs).toBeGreaterThan(4500);
    await vi.waitFor(async () => {
      const metric = await scrape(follower);
      expect(metric('max_handshakes_refused_total{reason="suspended"}')).toBeGreaterThan(0);
      expect(metric("max_member_isolations_total")).toBe(1);
    }, 60_000);
    expect(leader.subscribers()).toBe(1);
    const [before, missed] = [atFollower.length, atLeader.length];

    for (const way of [redis, postgres]) way.answer();
    await vi.waitFor(async () => expect(await readiness()).toBe(200), 60_000);
    // The stock client comes back by itself.
    await vi.waitFor(() => expect(follower.subscribers()).toBe(1), 60_000);
    await vi.waitFor(() => expect(atFollower.length).toBeGreaterThan(before + 50), 60_000);
    const again = atFollower.slice(before, before + 50);
    const from = atLeader.indexOf(again[0]);
    expect(from).toBeGreaterThan(missed);
    expect(atLeader.slice(from, from + 50)).toEqual(again);
  },
);
