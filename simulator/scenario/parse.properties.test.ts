/** Scenario files with one or a few things changed: each is refused with its place, or can be played. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { usualOrLong } from "../../schemas/long-run.fixture.js";
import { placesIn } from "../../schemas/places.fixture.js";
import { scenarioFiles } from "../scenarios/generated.js";
import { createWorld } from "../index.js";
import { ScenarioError, parseScenario } from "./parse.js";

const seed = 20_260_107;
const numRuns = usualOrLong(200, 10_000);

type Change = (parent: Record<string, unknown>, key: string) => void;

const values = fc.oneof(
  fc.constantFrom<unknown>(null, true, "", "x", 0, -1, 1, 1e9, 1e308, -1e308, 0.5, [], {}, "1m", "9999d", "0s"),
  fc.constantFrom("tech-001", "agent-001", "disc-001", "2025-01-15T10:30:00Z", "9999-12-31T23:59:59Z", "halt"),
  fc.double(),
  fc.string({ maxLength: 20 }),
);

const changes: fc.Arbitrary<Change> = fc.oneof(
  values.map(
    (value): Change =>
      (parent, key) =>
        void (parent[key] = value),
  ),
  fc.constant<Change>((parent, key) => delete parent[key]),
  fc.string({ maxLength: 10 }).map(
    (name): Change =>
      (parent, key) =>
        void (parent[name] = parent[key]),
  ),
  fc.integer({ min: -3, max: 12 }).map((exponent): Change => (parent, key) => {
    if (typeof parent[key] === "number") parent[key] *= 10 ** exponent;
  }),
  fc.constant<Change>((parent, key) => {
    const value = parent[key];
    if (Array.isArray(value) && value.length > 0) value.push(structuredClone(value[0]));
  }),
);

const mutations = fc.array(fc.tuple(fc.nat(), changes), { minLength: 1, maxLength: 3 });

test(`a changed scenario is refused with its place, or can be played (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.constantFrom(...scenarioFiles), mutations, (shipped, steps) => {
      const file = structuredClone(shipped) as unknown;
      for (const [place, change] of steps) {
        const all = placesIn(file);
        if (all.length > 0) change(...all[place % all.length]);
      }
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
