/** The shipped plans keep their word, and plan files are refused with the place of each mistake. */
import { OptionError } from "../core/errors.js";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findViolations, schemaFiles } from "../../schemas/index.js";
import { createWorld, shippedScenarios } from "../../simulator/index.js";
import { judgeThreshold, parseThreshold } from "../verdict/thresholds.js";
import { prepareLoadtest } from "../index.js";
import { provenance } from "../loadtest.fixture.js";
import { createTimetable } from "../core/timetable.js";
import { loadPlan, parsePlan } from "./parse.js";
import { shippedPlans } from "./shipped.js";

const [summary] = schemaFiles["summary.schema.json"].examples;

test.each([...shippedPlans.values()])(
  "the shipped plan $name fits the schema, and its thresholds are in the summary",
  (plan) => {
    expect(findViolations("plan.schema.json", plan)).toEqual([]);
    for (const threshold of (plan.thresholds ?? []).map((one) => parseThreshold(one)))
      expect(judgeThreshold(threshold, summary), "names nothing in summary.json").toMatchObject({
        value: expect.any(Number) as unknown,
      });
  },
);

test("the ten-thousand plan has five ticks a second with twelve events each, from its first minute on", () => {
  const scenario = shippedScenarios.get(shippedPlans.get("ten-thousand")?.server?.scenario ?? "");
  if (scenario === undefined) throw new Error("the plan names no shipped scenario");
  const world = createWorld({ seed: "42", scenario });
  expect(world.tickMs).toBe(200);
  const ticks = 300;
  const events = Array.from({ length: ticks }, () => world.step().events.length);
  expect(Math.min(...events)).toBeGreaterThanOrEqual(11);
  expect(Math.round(events.reduce((sum, count) => sum + count, 0) / ticks)).toBe(12);
});

test("a plan with mistakes is refused with the place of each", () => {
  const broken = { name: "x", description: "y", clients: 0, stages: [{ kind: "jump", durationMs: 1 }] };
  expect(() => parsePlan(broken)).toThrow(/\/clients .*\/stages\/0\/kind/);
  expect(() =>
    parsePlan({ ...broken, clients: 1, stages: [{ kind: "hold", durationMs: 1 }], thresholds: ["p99"] }),
  ).toThrow(OptionError);
});

test("a plan is loaded by its name or from a file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "max-plan-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "mine.json");
  const mine = { name: "mine", description: "My own.", clients: 3, stages: [{ kind: "hold", durationMs: 5 }] };
  await writeFile(path, JSON.stringify(mine));
  expect(await loadPlan(path)).toEqual(mine);
  expect((await loadPlan("smoke")).name).toBe("smoke");
  await expect(loadPlan("smok")).rejects.toThrow(/Unknown plan "smok". Did you mean smoke\?/);
  await writeFile(path, "{");
  await expect(loadPlan(path)).rejects.toThrow(OptionError);
});

test("a plan may name its schema, for editors: it is no part of the plan", async () => {
  const plan = { name: "mine", description: "My own.", clients: 3, stages: [{ kind: "hold", durationMs: 5 }] };
  const named = { $schema: "./node_modules/max-harness/schemas/plan.schema.json", ...plan };
  expect(parsePlan(named)).toEqual(plan);
  const { options } = await prepareLoadtest({ plan: named as never, outDir: ".", ...provenance });
  expect(options.plan).toEqual(plan);
});

test("--duration stretches the measured stages, --clients scales all of them", () => {
  const plan = parsePlan({
    name: "p",
    description: "d",
    clients: 100,
    stages: [
      { kind: "ramp", durationMs: 1000 },
      { kind: "hold", durationMs: 1000 },
      { kind: "spike", durationMs: 3000, share: 2 },
    ],
  });
  const timetable = createTimetable(plan, { clients: 10, durationMs: 8000 });
  expect(timetable.stages.map(({ durationMs }) => durationMs)).toEqual([2000, 6000]);
  expect(timetable).toMatchObject({ clients: 10, clientsMax: 20, opening: { durationMs: 1000 }, measuredMs: 8000 });
});
