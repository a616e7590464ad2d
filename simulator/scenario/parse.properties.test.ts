/** Scenario files with one or a few things changed: each is refused with its place, or can be played. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { applyChanges, changesOfFile } from "../../schemas/changes.fixture.js";
import { scenarioFiles } from "../scenarios/generated.js";
import { createWorld } from "../index.js";
import { ScenarioError, parseScenario } from "./parse.js";

const seed = 20_260_107;
const numRuns = amount(200, 10_000);

test(`a changed scenario is refused with its place, or can be played (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.constantFrom(...scenarioFiles), changesOfFile, (shipped, steps) => {
      const file = structuredClone(shipped) as unknown;
      applyChanges(file, steps);
      let scenario;
      try {
        scenario = parseScenario(file);
      } catch (error) {
        expect(error).toBeInstanceOf(ScenarioError);
        expect((error as ScenarioError).problems.length).toBeGreaterThan(0);
        expect((error as ScenarioError).message).toMatch(/^The scenario/);
        return;
      }
      const world = createWorld({ seed: "42", scenario });
      for (let tick = 0; tick < 3; tick += 1) world.step();
      for (const { value } of world.sectors()) expect(Number.isFinite(value)).toBe(true);
    }),
    { seed, numRuns },
  );
}, 1_800_000);
