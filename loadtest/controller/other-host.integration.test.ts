/** A server on another host, whose monotonic clock began at another time, is checked as one on this host is. */
import { expect } from "vitest";
import { attack, expectNoFaults, test, verdictOnServer } from "../loadtest.fixture.js";
import { startOtherHost } from "./other-host.fixture.js";

const tenDaysNs = 864_000_000_000_000n;
const minuteNs = 60_000_000_000n;

test.for<[string, () => bigint]>([
  ["ten days earlier", () => tenDaysNs],
  ["a minute ago", () => minuteNs - process.hrtime.bigint()],
])(
  "a server whose host was started %s loses nothing, and its latencies are known",
  async ([, aheadNs], { max, skip }) => {
    const url = await startOtherHost(max.url, aheadNs());
    const { summary } = await attack({ url, token: max.token });
    expectNoFaults(summary);
    expect(summary.target.oracle).toBe("regenerated");
    expect(summary.latencyMs.count).toBeGreaterThan(0);
    expect(summary.latencyMs.p50).toBeLessThan(1000);
    expect(summary.latencyUncertaintyMs).toBeGreaterThan(0);
    expect(summary.latencyUncertaintyMs).toBeLessThan(100);
    skip(summary.server.slips > 0, "not measured: the machine starved the server");
    expect(verdictOnServer(skip, summary), summary.reasons.join()).toBe("PASS");
  },
);

test("on this host there is one clock", async ({ max }) => {
  const { summary } = await attack(max, { durationMs: 300 });
  expect(summary.latencyUncertaintyMs).toBe(0);
});
