import { expect, test } from "vitest";
import { attack, shortPlan, startServer } from "./loadtest.fixture.js";

const clean = { lost: 0, duplicated: 0, reordered: 0, corrupted: 0, unexpected: 0, conflated: 0 };

test("twenty clean runs report nothing", async () => {
  const max = await startServer();
  for (let run = 0; run < 20; run += 1) {
    const { summary } = await attack(max, { durationMs: 300 });
    expect(summary.deliveries, `run ${run}`).toMatchObject(clean);
    expect(summary.verdict).not.toBe("FAIL");
    expect(summary.deliveries.received).toBeGreaterThan(100);
  }
});

test("messages posted during the run are expected where the server put them", async () => {
  const max = await startServer();
  const plan = {
    ...shortPlan,
    messages: { perSecond: 20 },
    stages: [{ kind: "hold" as const, durationMs: 3000 }] as typeof shortPlan.stages,
  };
  const { summary } = await attack(max, { plan });
  expect(summary.http.requests).toBeGreaterThan(5);
  expect(summary.deliveries).toMatchObject(clean);
});
