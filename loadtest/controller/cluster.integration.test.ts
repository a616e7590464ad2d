/** A load test of the members of a real cluster, over the tests' Redis and Postgres. */
import { expect, test } from "vitest";
import { isClusterAbsent, startMember, token } from "../../server/cluster.fixture.js";
import { postgresSchema } from "../../server/store/store.fixture.js";
import { attack, expectNoFaults, clusterPlan, verdictOnServer } from "../loadtest.fixture.js";

test.skipIf(isClusterAbsent)(
  "two members give their subscribers one stream, and each takes its share",
  async ({ skip }) => {
    const store = await postgresSchema();
    const members = [await startMember(store), await startMember(store)];
    const { summary } = await attack(
      { url: members.map(({ url }) => url), token },
      { plan: clusterPlan, durationMs: 1500 },
    );
    expectNoFaults(summary);
    expect(summary.target.oracle).toBe("regenerated");
    expect(summary.server.errors).toEqual([]);
    for (const address of summary.addresses) {
      expect(address).toMatchObject({ connected: 10, dropped: 0, refused: 0, http: { errors: 0, failed: 0 } });
      expect(address.deliveries.received).toBeGreaterThan(0);
      expect(address.http.requests).toBeGreaterThan(10);
    }
    skip(summary.server.slips > 0, "not measured: the machine starved the server");
    expect(verdictOnServer(skip, summary), summary.reasons.join()).toBe("PASS");
  },
);
