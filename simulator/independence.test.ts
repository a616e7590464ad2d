/** Adding, removing or reordering an entity moves nobody else, but for the index and the rooms in which it speaks. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Scenario } from "../schemas/index.js";
import { indexEntity } from "./world-events.js";
import { createStreamDigest } from "./stream-digest.js";
import type { Command } from "./types.js";
import { digestTicks, openWorld, sha256, smallScenario } from "./world.fixture.js";

const ticks = 600;
const scenario = smallScenario();
const whole = digestTicks(openWorld("42", scenario), ticks);

/** The digests of all entities, but for some. */
function others(changed: Scenario, except: readonly string[], digest = digestTicks(openWorld("42", changed), ticks)) {
  return Object.fromEntries(
    digest
      .entityIds()
      .filter((id) => !except.includes(id))
      .map((id) => [id, digest.entity(id)]),
  );
}

function expected(except: readonly string[] = []) {
  return others(scenario, except, whole);
}

test("the order of sectors, agents and discussions in a scenario shows nowhere", () => {
  const reordered = fc.record({
    sectors: fc.shuffledSubarray(scenario.sectors, { minLength: 3 }),
    agents: fc.shuffledSubarray(scenario.agents, { minLength: 3 }),
    discussions: fc.shuffledSubarray(scenario.discussions, { minLength: 2 }),
  });
  fc.assert(
    fc.property(reordered, (lists) => {
      expect(digestTicks(openWorld("42", { ...scenario, ...lists }), ticks).value).toBe(whole.value);
    }),
    { numRuns: 5 },
  );
});

test.each(["aaa-001", "oil-001", "zzz-001"])("a further sector %s moves the index and nothing else", (id) => {
  const further = { id, name: "Further", value: 500, indexWeight: 0.2 };
  const changed = { ...scenario, sectors: [...scenario.sectors, further] };
  expect(others(changed, [id, indexEntity])).toEqual(expected([indexEntity]));
  expect(digestTicks(openWorld("42", changed), 50).entity(indexEntity)).not.toBe(whole.entity(indexEntity));
});

test("a sector without agents and rooms can be left out, and only the index notices", () => {
  const changed = { ...scenario, sectors: scenario.sectors.filter(({ id }) => id !== "util-001") };
  expect(others(changed, [indexEntity])).toEqual(expected([indexEntity, "util-001"]));
});

test("a further agent moves no sector, no index and no other agent's status", () => {
  const newcomer = { id: "agent-0005", name: "Newcomer", role: "Trader", sectorId: "tech-001" };
  const rooms = scenario.discussions.map(({ id }) => id);
  const changed = { ...scenario, agents: [...scenario.agents, newcomer] };
  expect(others(changed, [newcomer.id, ...rooms])).toEqual(expected(rooms));
});

test("a further discussion moves nobody", () => {
  const room = { id: "disc-0015", title: "Further room", sectorId: "energy-001" };
  const changed = { ...scenario, discussions: [room, ...scenario.discussions] };
  expect(others(changed, [room.id])).toEqual(expected());
});

test("what people create while the world runs moves nobody either", () => {
  const commands: Command[] = [
    { type: "createSector", sector: { id: "gold-001", name: "Gold", indexWeight: 0 } },
    { type: "createDiscussion", discussion: { id: "disc-009", title: "Gold room", sectorId: "gold-001" } },
    { type: "patchSector", id: "gold-001", patch: { beta: 4 } },
    { type: "deleteDiscussion", id: "disc-009" },
    { type: "deleteSector", id: "gold-001" },
  ];
  const world = openWorld("42", scenario);
  const digest = createStreamDigest({ hash: sha256, entities: true });
  for (let tick = 1; tick <= ticks; tick++) {
    digest.observe(world.step());
    if (tick % 100 === 0 && commands.length > 0) {
      const command = commands.shift();
      if (command !== undefined) digest.observe(world.apply(command));
    }
  }
  expect(commands).toEqual([]);
  // Chaining its divisor leaves the last bits of the index to rounding, which its two digits do not show.
  expect(others(scenario, ["gold-001", "disc-009"], digest)).toEqual(expected());
});
