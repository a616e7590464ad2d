/** Whoever never gets a session is a finding: no run passes without those whom the server let wait. */
import { expect } from "vitest";
import { startHanging } from "../hanging.fixture.js";
import { attack, expectNoFaults, onHold, shortPlan, test } from "../loadtest.fixture.js";

const plan = { ...shortPlan, clients: 8, control: { websocket: 0, polling: 0 } };

test("an upgrade that hangs is refused after its time, and the run fails", async ({ max }) => {
  const url = await startHanging(max.url, (upgrade) => upgrade % 4 === 1);
  const { summary } = await attack({ url, token: max.token }, { plan, sessionTimeoutMs: 500 });
  expect(summary.clients).toMatchObject({ planned: 8, connected: 6, refused: 2 });
  expect(summary.verdict).toBe("FAIL");
  expect(summary.reasons).toContain("2 subscribers refused: 2 × no session within 0.5 s");
  expectNoFaults(summary);
});

test("a server that lets every upgrade hang fails: nobody was there to expect anything", async ({ max }) => {
  const url = await startHanging(max.url, () => true);
  const real = { ...plan, clients: 4, control: { websocket: 2, polling: 0 } };
  const { summary } = await attack({ url, token: max.token }, { plan: real, sessionTimeoutMs: 500, durationMs: 100 });
  expect(summary.clients).toMatchObject({ connected: 0, refused: 4 });
  expect(summary.verdict).toBe("FAIL");
});

test("who still waits for a session when the run ends is refused", async ({ max }) => {
  let isHanging = false;
  const url = await startHanging(max.url, () => isHanging);
  const stages: typeof plan.stages = [
    { kind: "hold", durationMs: 200 },
    { kind: "churn", durationMs: 300, perSecond: 20 },
  ];
  const late = onHold(() => (isHanging = true));
  const run = attack({ url, token: max.token }, { plan: { ...plan, stages }, sessionTimeoutMs: 2000, ...late });
  const { summary } = await run;
  expect(summary.clients.refused).toBeGreaterThan(0);
  expect(summary.verdict).toBe("FAIL");
});

test("who waits for a session when a run is interrupted is no finding", async ({ max }) => {
  const controller = new AbortController();
  const url = await startHanging(max.url, (upgrade) => {
    setTimeout(() => controller.abort(), 50);
    return upgrade === 3;
  });
  const { summary } = await attack({ url, token: max.token }, { plan, signal: controller.signal });
  expect(summary.clients.refused).toBe(0);
  expect(summary.interrupted).toBe(true);
});
