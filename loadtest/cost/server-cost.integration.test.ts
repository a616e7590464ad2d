/** What a run tells of the server's cost, from its metrics or from its process. */
import { expect } from "vitest";
import { isSkippedWithout } from "../../schemas/requirement.fixture.js";
import { startForeign } from "../foreign.fixture.js";
import { attack, shortPlan, test } from "../loadtest.fixture.js";

const thresholds = ["server.cpuUsPerDelivery<100000", "server.residentBytes>0"];
const plan = { ...shortPlan, control: { websocket: 1, polling: 0 } };

test("a server with the token tells its cost over /metrics, and thresholds rest on it", async ({ max }) => {
  const options = {
    thresholds: [...thresholds, "server.eventLoopDelayMs.p99<60000"],
    durationMs: 1500,
    compression: "off",
  } as const;
  const { summary } = await attack(max, { plan, ...options });
  const { server, generator } = summary;
  expect(server).toMatchObject({ costSource: "metrics", costExplanation: null });
  for (const figure of ["cpuUsPerDelivery", "cpuCores", "bytesPerDelivery", "residentBytes"] as const)
    expect(server[figure], figure).toBeGreaterThan(0);
  expect(server.gcShare).toBeGreaterThanOrEqual(0);
  expect(server.eventLoopDelayMs.max).toBeGreaterThanOrEqual(server.eventLoopDelayMs.p99 ?? Infinity);
  // An event of ours is a frame of some hundred bytes.
  expect(server.bytesPerDelivery).toBeGreaterThan(60);
  expect(server.bytesPerDelivery).toBeLessThan(600);
  expect(generator.cpuUsPerDelivery).toBeGreaterThan(0);
  expect(summary.thresholds.every(({ passed }) => passed)).toBe(true);
});

test("of a server of other make its process tells it, and without a process the threshold fails with the reason", async ({
  skip,
}) => {
  const url = await startForeign((nowMs) => new Date(nowMs).toISOString());
  const unknown = await attack({ url }, { plan, thresholds: thresholds.slice(0, 1), durationMs: 300 });
  expect(unknown.summary.server).toMatchObject({ costSource: null, cpuUsPerDelivery: null, residentBytes: null });
  expect(unknown.summary.thresholds).toMatchObject([{ value: null, passed: false }]);
  expect(unknown.summary.reasons.join()).toMatch(
    /server\.cpuUsPerDelivery<100000 does not hold: not known: it has no token for \/metrics, and none of its processes was named/,
  );
  skip(isSkippedWithout(process.platform === "linux"), "only Linux has /proc");
  const { summary } = await attack({ url }, { plan, thresholds, serverPids: [process.pid], durationMs: 1000 });
  expect(summary.server).toMatchObject({ costSource: "process", costExplanation: null, gcShare: null });
  expect(summary.server.cpuUsPerDelivery).toBeGreaterThan(0);
  expect(summary.server.residentBytes).toBeGreaterThan(1 << 20);
  expect(summary.thresholds.every(({ passed }) => passed)).toBe(true);
});
