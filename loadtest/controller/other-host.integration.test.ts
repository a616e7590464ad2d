/** A server on another host, whose monotonic clock began at another time, is checked as one on this host is. */
import { expect, test } from "vitest";
import type { Summary } from "../../schemas/index.js";
import { attack, expectNoFaults, startServer } from "../loadtest.fixture.js";
import { startOtherHost } from "./other-host.fixture.js";

const tenDaysNs = 864_000_000_000_000n;
const minuteNs = 60_000_000_000n;

/** What becomes of a sound server, also on a machine that starves it or the generator. */
function passOrStarved({ generator, server }: Summary): Summary["verdict"] {
  if (generator.evidence.length > 0) return "INVALID";
  return server.slips > 0 ? "FAIL" : "PASS";
}

test.each([
  ["ten days earlier", () => tenDaysNs],
  ["a minute ago", () => minuteNs - process.hrtime.bigint()],
])("a server whose host was started %s loses nothing, and its latencies are known", async (_, aheadNs) => {
  const max = await startServer();
  const url = await startOtherHost(max.url, aheadNs());
  const { summary } = await attack({ url, token: max.token });
  expectNoFaults(summary);
  expect(summary.target.oracle).toBe("regenerated");
  expect(summary.verdict, summary.reasons.join()).toBe(passOrStarved(summary));
  expect(summary.latencyMs.count).toBeGreaterThan(0);
  expect(summary.latencyMs.p50).toBeLessThan(1000);
  expect(summary.latencyUncertaintyMs).toBeGreaterThan(0);
  expect(summary.latencyUncertaintyMs).toBeLessThan(100);
});

test("on this host there is one clock", async () => {
  const max = await startServer();
  const { summary } = await attack(max, { durationMs: 300 });
  expect(summary.latencyUncertaintyMs).toBe(0);
});
