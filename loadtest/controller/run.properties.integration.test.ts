import { expect } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { attack, expectNoFaults, shortPlan, test } from "../loadtest.fixture.js";

const cleanRuns = amount(3, 20);

test(`${cleanRuns} clean runs report nothing`, async ({ max }) => {
  for (let run = 0; run < cleanRuns; run += 1) {
    const { summary } = await attack(max, { durationMs: 300 });
    expectNoFaults(summary);
    // A starved machine may be late, and says so; nothing else may be said.
    const lateness = /busy|had not read|more than a second late/;
    expect(summary.reasons.filter((reason) => !lateness.test(reason))).toEqual([]);
    expect(summary.deliveries.received).toBeGreaterThan(100);
  }
});

test("what lies unread in a slow reader's socket when the run ends has arrived", async ({ max }) => {
  const slowReaders = { share: 0.5, pauseMs: 600_000, everyMs: 100 };
  const plan = { ...shortPlan, slowReaders, control: { websocket: 0, polling: 0 } };
  const { summary } = await attack(max, { plan });
  expectNoFaults(summary);
  expect(summary.deliveries.received).toBe(summary.deliveries.expected);
});

test("messages posted during the run are expected where the server put them", async ({ max }) => {
  const plan = {
    ...shortPlan,
    messages: { perSecond: 20 },
    stages: [{ kind: "hold" as const, durationMs: 3000 }] as typeof shortPlan.stages,
  };
  const { summary } = await attack(max, { plan });
  expect(summary.http.requests).toBeGreaterThan(0);
  expectNoFaults(summary);
});
