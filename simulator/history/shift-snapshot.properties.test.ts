import { expect, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { shippedScenarios } from "../scenarios/index.js";
import { shiftSnapshot } from "./shift-snapshot.js";
import { createWorld, restoreWorld } from "../world/world.js";

const dayMs = 86_400_000;
const days = 41;
const ticks = amount(1200, 6000);

/** A visitor who has come, and an agent who has failed: all that can hold an instant. */
function createVisitedWorld(options: Parameters<typeof createWorld>[0]): ReturnType<typeof createWorld> {
  const world = createWorld(options);
  for (let tick = 0; tick < ticks; tick++) {
    world.step();
    if (tick === 100) world.apply({ type: "createDiscussion", discussion: { id: "disc-u1", title: "Visitors" } });
    if (tick === 200)
      world.apply({ type: "createAgent", agent: { id: "agent-u2", name: "Visitor", role: "trader", status: "idle" } });
  }
  return world;
}

test.each([...shippedScenarios])(
  "%s moved to another day is the world that began that many days later (seed 42)",
  (_name, scenario) => {
    const here = createVisitedWorld({ seed: "42", scenario });
    const startMs = here.startMs + days * dayMs;
    const there = createVisitedWorld({ seed: "42", scenario, startMs });
    const moved = shiftSnapshot(here.snapshot(), days);
    expect(moved).toEqual(there.snapshot());
    expect(shiftSnapshot(moved, -days)).toEqual(here.snapshot());
    const restored = restoreWorld({ seed: "42", scenario, startMs }, moved);
    for (let tick = 0; tick < ticks / 12; tick++) expect(restored.step()).toEqual(there.step());
  },
);

test("a world moves by whole days alone", () => {
  const world = createWorld({ seed: "42", scenario: [...shippedScenarios.values()][0] });
  expect(() => shiftSnapshot(world.snapshot(), 0.5)).toThrow(/whole days/);
});
