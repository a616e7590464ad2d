/** A load test of the members of a real cluster whose leader is killed amid it. */
import { expect, onTestFinished, test } from "vitest";
import { startServerProcess } from "../../scripts/server-process.js";
import { isClusterAbsent, startMember, token } from "../../server/cluster.fixture.js";
import { redisUrl } from "../../server/cluster/redis.fixture.js";
import { postgresSchema } from "../../server/store/store.fixture.js";
import { attack, noFaults, onHold, clusterPlan, ticksPass, verdictOnServer } from "../loadtest.fixture.js";

test.skipIf(isClusterAbsent)(
  "when the leader is killed its subscribers lose what it owed them, and nobody else does",
  async ({ skip }) => {
    const store = await postgresSchema();
    const flags = { port: 0, seed: 7, scenario: "fan-out", drain: "0s", store, cluster: redisUrl };
    const leader = await startServerProcess(
      Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
      { token },
    );
    onTestFinished(() => leader.stop());
    const survivor = await startMember(store);
    const kill = () => void ticksPass(survivor, 5).then(() => process.kill(leader.pid, "SIGKILL"));
    const { summary } = await attack(
      { url: [leader.url, survivor.url], token },
      { plan: clusterPlan, durationMs: 4000, ...onHold(kill) },
    );
    const [dead, alive] = summary.addresses;
    expect(dead).toMatchObject({ connected: 10, dropped: 10 });
    expect(dead.deliveries.lost).toBeGreaterThan(0);
    skip(summary.server.slips > 0, "not measured: the machine starved the server");
    verdictOnServer(skip, summary);
    expect(alive, JSON.stringify([summary.server, summary.ticks])).toMatchObject({
      connected: 10,
      dropped: 0,
      deliveries: noFaults,
    });
    expect(alive.deliveries.received).toBe(alive.deliveries.expected);
    expect(summary.deliveries).toMatchObject({ ...noFaults, lost: dead.deliveries.lost });
    expect(summary.server.errors).toEqual([]);
    // It went on: the survivor received several times what was due before the kill.
    expect(summary.ticks.count).toBeGreaterThan(10);
  },
);
