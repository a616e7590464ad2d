/** Every shipped plan and every kind of stage that help and documentation list can be run: here with few clients, shortened. */
import { expect } from "vitest";
import type { Plan, PlanStage } from "../../schemas/index.js";
import { shippedPlans, stageKinds } from "../index.js";
import { attack, test } from "../loadtest.fixture.js";

const stageMs = 150;

/** The stage in a fraction of its time, what happens in it as often as ever. */
function shorten({ durationMs, everyMs, offlineMs, ...stage }: PlanStage): PlanStage {
  const scale = (ms: number) => Math.max(1, Math.round((ms * stageMs) / durationMs));
  return {
    ...stage,
    durationMs: stageMs,
    ...(everyMs !== undefined && { everyMs: scale(everyMs) }),
    ...(offlineMs !== undefined && { offlineMs: scale(offlineMs) }),
  };
}

test.for([...shippedPlans.values()])("the shipped plan $name runs", async (plan, { max }) => {
  const stages = plan.stages.map(shorten);
  const control = {
    websocket: Math.min(1, plan.control?.websocket ?? 0),
    polling: Math.min(1, plan.control?.polling ?? 0),
  };
  const short = { ...plan, clients: 10, warmupMs: 0, stages, control } as Plan;
  const { summary } = await attack(max, { plan: short });
  expect(summary.plan.name).toBe(plan.name);
  expect(summary.deliveries).toMatchObject({ corrupted: 0, unexpected: 0 });
  expect(summary.clients).toMatchObject({ refused: 0 });
});

test("a plan of every kind of stage runs, each in its turn", async ({ max }) => {
  const examples = Object.values(stageKinds).map(({ example }) => example);
  const plan: Plan = {
    name: "all",
    description: "All.",
    clients: 10,
    stages: [shorten({ kind: "hold", durationMs: 1 }), ...examples.map(shorten)],
  };
  const { summary } = await attack(max, { plan, restart: async () => {} });
  expect(summary.stages.map(({ stage }) => stage)).toEqual([
    "hold",
    ...examples.map(({ kind }) => (kind === "hold" ? "hold 2" : kind)),
  ]);
  expect(summary.absences.dropped).toBeGreaterThan(0);
  expect(summary.deliveries).toMatchObject({ corrupted: 0, unexpected: 0 });
});
