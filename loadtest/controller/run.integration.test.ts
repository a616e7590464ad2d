import { expect, test } from "vitest";
import { attack, expectNoFaults, shortPlan, startServer } from "../loadtest.fixture.js";

test("twenty clean runs report nothing", async () => {
  const max = await startServer();
  for (let run = 0; run < 20; run += 1) {
    const { summary } = await attack(max, { durationMs: 300 });
    expectNoFaults(summary);
    // A starved machine may be late, and says so; nothing else may be said.
    const lateness = /busy|had not read|more than a second late/;
    expect(summary.reasons.filter((reason) => !lateness.test(reason))).toEqual([]);
    expect(summary.deliveries.received).toBeGreaterThan(100);
  }
});

test("what lies unread in a slow reader's socket when the run ends has arrived", async () => {
  const max = await startServer();
  const slowReaders = { share: 0.5, pauseMs: 600_000, everyMs: 100 };
  const plan = { ...shortPlan, slowReaders, control: { websocket: 0, polling: 0 } };
  const { summary } = await attack(max, { plan });
  expectNoFaults(summary);
  expect(summary.deliveries.received).toBe(summary.deliveries.expected);
});

test("messages posted during the run are expected where the server put them", async () => {
  const max = await startServer();
  const plan = {
    ...shortPlan,
    messages: { perSecond: 20 },
    stages: [{ kind: "hold" as const, durationMs: 3000 }] as typeof shortPlan.stages,
  };
  const { summary } = await attack(max, { plan });
  expect(summary.http.requests).toBeGreaterThan(0);
  expectNoFaults(summary);
});
