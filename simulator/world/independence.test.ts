/** Adding, removing or reordering an entity moves nobody else, but for the index and the rooms in which it speaks. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { DiscussionNewMessage, Scenario } from "../../schemas/index.js";
import { eventLine } from "../core/event-line.js";
import { indexEntity } from "./world-events.js";
import type { Command, TickBatch } from "../core/types.js";
import { digestTicks, openWorld, sha256, smallScenario } from "./world.fixture.js";

const ticks = 320;
const numRuns = 5;
const scenario = smallScenario();
const rooms = scenario.discussions.map(({ id }) => id);
const whole = play("42", scenario).digests;
const seeds = fc.nat().map(String);
/** When something comes or goes: after this tick, by a command, or with the scenario. */
const moments = fc.oneof(fc.constant("scenario" as const), fc.integer({ min: 0, max: ticks - 1 }));
const newIds = fc.stringMatching(/^[a-z]{3}-[0-9]{3}$/).filter((id) => !whole.has(id));
const sectorIds = fc.constantFrom(...scenario.sectors.map(({ id }) => id));

/** A digest of each entity's own events, by its id. */
type Digests = Map<string, string>;

interface Session {
  readonly digests: Digests;
  readonly messages: readonly DiscussionNewMessage[];
}

function takeIn(digests: Digests, batch: TickBatch): void {
  for (const event of batch.events)
    digests.set(event.entity, sha256((digests.get(event.entity) ?? "") + eventLine(batch, event)));
}

/** A session with a command after a tick. */
function play(seed: string, played: Scenario, command?: Command, afterTick = 0): Session {
  const world = openWorld(seed, played);
  const digests: Digests = new Map();
  const messages: DiscussionNewMessage[] = [];
  const take = (batch: TickBatch) => {
    takeIn(digests, batch);
    for (const { event, payload } of batch.events) if (event === "discussion:new_message") messages.push(payload);
  };
  for (let tick = 0; tick < ticks; tick++) {
    if (tick === afterTick && command !== undefined) take(world.apply(command));
    take(world.step());
  }
  return { digests, messages };
}

/** A session of another scenario, or of this one with a command in its midst. */
function playChanged(seed: string, changes: Partial<Scenario>, command: Command, moment: "scenario" | number): Session {
  return moment === "scenario" ? play(seed, { ...scenario, ...changes }) : play(seed, scenario, command, moment);
}

/** The digests of all entities, but for some. */
function others(digests: Digests, except: readonly string[]) {
  return Object.fromEntries([...digests].filter(([id]) => !except.includes(id)));
}

/** What this agent did not say, and the other session has no message like it. */
function saidOnlyHere(session: Session, other: Session, agentId: string): readonly DiscussionNewMessage[] {
  const there = new Set(other.messages.map((said) => JSON.stringify(said)));
  return session.messages.filter((said) => said.message.authorId !== agentId && !there.has(JSON.stringify(said)));
}

test("the order of sectors, agents and discussions in a scenario shows nowhere", () => {
  const reordered = fc.record({
    sectors: fc.shuffledSubarray(scenario.sectors, { minLength: 3 }),
    agents: fc.shuffledSubarray(scenario.agents, { minLength: 3 }),
    discussions: fc.shuffledSubarray(scenario.discussions, { minLength: 2 }),
  });
  const { value } = digestTicks(openWorld("42", scenario), ticks);
  fc.assert(
    fc.property(reordered, (lists) => {
      expect(digestTicks(openWorld("42", { ...scenario, ...lists }), ticks).value).toBe(value);
    }),
    { numRuns },
  );
});

test("a further sector moves the index and nothing else", () => {
  const drawn = fc.record({
    id: newIds,
    name: fc.constant("Further"),
    value: fc.integer({ min: 1, max: 5000 }),
    indexWeight: fc.constantFrom(0, 0.01, 0.2, 1),
    beta: fc.constantFrom(0, 1, 3),
  });
  fc.assert(
    fc.property(seeds, drawn, moments, (seed, sector, moment) => {
      const sectors = [...scenario.sectors, sector];
      const changed = playChanged(seed, { sectors }, { type: "createSector", sector }, moment);
      const except = [sector.id, indexEntity];
      expect(others(changed.digests, except)).toEqual(others(play(seed, scenario).digests, except));
    }),
    { numRuns },
  );
});

test("a further sector with a weight moves the index", () => {
  const sectors = [...scenario.sectors, { id: "oil-001", name: "Oil", value: 500, indexWeight: 0.2 }];
  expect(play("42", { ...scenario, sectors }).digests.get(indexEntity)).not.toBe(whole.get(indexEntity));
});

test("a sector without agents and rooms can be left out, and only the index notices", () => {
  const sectors = scenario.sectors.filter(({ id }) => id !== "util-001");
  const changed = play("42", { ...scenario, sectors });
  expect(others(changed.digests, [indexEntity])).toEqual(others(whole, [indexEntity, "util-001"]));
});

test("a further agent moves nobody, and takes some messages for itself", () => {
  const drawn = fc.record({
    id: newIds,
    name: fc.constant("Newcomer"),
    role: fc.constantFrom("Trader", "Analyst", "Risk officer"),
    sectorId: sectorIds,
  });
  fc.assert(
    fc.property(seeds, drawn, moments, (seed, agent, moment) => {
      const before = play(seed, scenario);
      const agents = [...scenario.agents, agent];
      const changed = playChanged(
        seed,
        { agents },
        { type: "createAgent", agent: { ...agent, status: "idle" } },
        moment,
      );
      const except = [agent.id, ...rooms];
      expect(others(changed.digests, except)).toEqual(others(before.digests, except));
      expect(saidOnlyHere(changed, before, agent.id)).toEqual([]);
    }),
    { numRuns },
  );
});

test("an agent that goes moves nobody, and leaves its messages to others", () => {
  fc.assert(
    fc.property(seeds, fc.constantFrom(...scenario.agents), moments, (seed, { id }, moment) => {
      const before = play(seed, scenario);
      const agents = scenario.agents.filter((agent) => agent.id !== id);
      const changed = playChanged(seed, { agents }, { type: "deleteAgent", id }, moment);
      const except = [id, ...rooms];
      expect(others(changed.digests, except)).toEqual(others(before.digests, except));
      expect(saidOnlyHere(before, changed, id)).toEqual([]);
    }),
    { numRuns },
  );
});

test("a further discussion moves nobody", () => {
  const named = { id: newIds, title: fc.constant("Further room") };
  const drawn = fc.oneof(fc.record(named), fc.record({ ...named, sectorId: sectorIds }));
  fc.assert(
    fc.property(seeds, drawn, moments, (seed, discussion, moment) => {
      const discussions = [discussion, ...scenario.discussions];
      const changed = playChanged(seed, { discussions }, { type: "createDiscussion", discussion }, moment);
      expect(others(changed.digests, [discussion.id])).toEqual(others(play(seed, scenario).digests, []));
    }),
    { numRuns },
  );
});

test("a discussion that goes moves nobody", () => {
  fc.assert(
    fc.property(seeds, fc.constantFrom(...rooms), moments, (seed, id, moment) => {
      const discussions = scenario.discussions.filter((room) => room.id !== id);
      const changed = playChanged(seed, { discussions }, { type: "deleteDiscussion", id }, moment);
      expect(others(changed.digests, [id])).toEqual(others(play(seed, scenario).digests, [id]));
    }),
    { numRuns },
  );
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
  const digests: Digests = new Map();
  for (let tick = 1; tick <= ticks; tick++) {
    takeIn(digests, world.step());
    if (tick % 50 === 0 && commands.length > 0) {
      const command = commands.shift();
      if (command !== undefined) takeIn(digests, world.apply(command));
    }
  }
  expect(commands).toEqual([]);
  // Chaining its divisor leaves the last bits of the index to rounding, which its two digits do not show.
  expect(others(digests, ["gold-001", "disc-009"])).toEqual(others(whole, []));
});
