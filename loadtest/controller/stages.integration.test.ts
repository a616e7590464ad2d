/** What a plan's stages do to the subscribers, and what ends them early. */
import { expect } from "vitest";
import { attack, expectNoFaults, onHold, shortPlan, test } from "../loadtest.fixture.js";
import { startProxy } from "../proxy.fixture.js";

test("in a storm a share of the subscribers leaves and comes back, and nobody misses anything", async ({ max }) => {
  const stages: typeof shortPlan.stages = [
    { kind: "hold", durationMs: 300 },
    { kind: "storm", durationMs: 500, share: 0.5 },
  ];
  const { summary } = await attack(max, { plan: { ...shortPlan, stages } });
  expect(summary.clients).toMatchObject({ planned: 10, connected: 15, dropped: 0, refused: 0, silent: 0 });
  expectNoFaults(summary);
});

test("a plan that aborts on a fault ends with the first one", async ({ max }) => {
  const proxy = await startProxy(max.url);
  const plan = { ...shortPlan, control: { websocket: 0, polling: 0 }, abortOnFail: true };
  const double = onHold(() => (proxy.tamper = ({ text }) => [text, text]));
  const { summary } = await attack({ url: proxy.url, token: max.token }, { plan, durationMs: 600_000, ...double });
  expect(summary).toMatchObject({ verdict: "FAIL", interrupted: false });
  expect(summary.deliveries.duplicated).toBeGreaterThan(0);
  expect(summary.durationMs).toBeLessThan(600_000);
});
