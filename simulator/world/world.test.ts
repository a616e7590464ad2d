import { expect, test } from "vitest";
import {
  createEventChecks,
  eventNames,
  eventSchemaPaths,
  findEventViolations,
  parseDuration,
  schemaFiles,
} from "../../schemas/index.js";
import { RefusedCommandError } from "../core/errors.js";
import type { CompleteScenario } from "../scenario/complete.js";
import { shippedScenarios } from "../scenarios/index.js";
import type { SimEvent, World } from "../core/types.js";
import { openWorld, runTicks, shipped, smallScenario } from "./world.fixture.js";
import { createWorld, restoreWorld } from "./world.js";

test.each([...shippedScenarios.keys()])("every event of %s fits the contract, also while something happens", (name) => {
  const scenario = shipped(name);
  const checks = createEventChecks();
  const seen = new Set<string>();
  for (const world of [openWorld("7", scenario), ...scenario.events.map(({ at }) => openJustBefore(at, scenario))]) {
    for (const { events, causes } of runTicks(world, name === "stress" ? 120 : 300)) {
      for (const { kind } of causes) seen.add(kind);
      for (const { event, payload } of events) {
        seen.add(event);
        if (!checks[event](payload)) expect(findEventViolations(event, payload)).toEqual([]);
      }
    }
  }
  const types = scenario.events.map(({ type }) => type);
  expect([...seen]).toEqual(expect.arrayContaining([...eventNames, ...types]));
});

/** A world that has slept from its start until a second before: what it missed is not needed to be valid. */
function openJustBefore(at: string, scenario: CompleteScenario): World {
  const options = { seed: "7", scenario };
  const tick = Math.max(0, Math.floor((parseDuration(at) - 1000) / scenario.tickMs));
  return restoreWorld(options, { ...createWorld(options).snapshot(), tick });
}

test("a tick yields sectors by id, the index, candles, statuses by agent, messages by discussion", () => {
  const phases = ["market:update", "sector:candle_update", "agent:status_update", "discussion:new_message"];
  const keyOf = ({ event, entity }: SimEvent) => `${phases.indexOf(event)} ${entity === "index" ? "~" : entity}`;
  for (const { events } of runTicks(openWorld("1"), 1200)) {
    const keys = events.map(keyOf);
    expect(keys).toEqual([...keys].sort());
  }
});

/** The fields of a schema, those of the objects in it among them, in the order in which a text has them. */
function* keysOf(schema: object): Generator<string> {
  const { properties = {} } = schema as { readonly properties?: Readonly<Record<string, object>> };
  for (const [key, property] of Object.entries(properties)) {
    yield key;
    yield* keysOf(property);
  }
}

test.each(eventNames)("the payloads of %s have every field of its schema, in the documented order", (name) => {
  const documented = [...keysOf(schemaFiles[eventSchemaPaths[name]])];
  const seen = new Set<string>();
  for (const { events } of runTicks(openWorld("1"), 1200)) {
    for (const { event, payload } of events) {
      if (event !== name) continue;
      const keys = [...JSON.stringify(payload).matchAll(/"(\w+)":/g)].map(([, key]) => key);
      expect(keys).toEqual(documented.filter((key) => keys.includes(key)));
      for (const key of keys) seen.add(key);
    }
  }
  const missing = documented.filter((key) => !seen.has(key));
  expect(missing, "give it a value in simulator/world/world-events.ts or simulator/agents/").toEqual([]);
});

test("tick t carries the instant start + t * tickMs", () => {
  const world = openWorld("1", smallScenario(), 500);
  const [first, second] = runTicks(world, 2);
  expect([first.tick, first.atMs, second.tick, second.atMs]).toEqual([1, world.startMs + 500, 2, world.startMs + 1000]);
  expect(first.events[0].payload).toMatchObject({ timestamp: "2026-01-05T14:30:00.500Z" });
  expect(world.nowMs).toBe(second.atMs);
});

test("the cadence says which ticks carry market updates and candles", () => {
  const world = openWorld("1", smallScenario({ cadence: { marketEveryTicks: 3, candleEveryTicks: 5 } }));
  const batches = runTicks(world, 239);
  const ticksWith = (name: string) => batches.filter(({ events }) => events.some(({ event }) => event === name));
  expect(ticksWith("market:update").map(({ tick }) => tick)).toEqual(
    batches.map(({ tick }) => tick).filter((tick) => tick % 3 === 0),
  );
  expect(ticksWith("sector:candle_update").map(({ tick }) => tick)).toEqual(
    // The last is off the beat: it closes the minute.
    [...batches.map(({ tick }) => tick).filter((tick) => tick % 5 === 0), 239],
  );
});

test("whoever knows weights, prices and divisor computes the index to the cent", () => {
  const world = openWorld("3", shipped("trading-day"));
  for (let round = 0; round < 20; round++) {
    runTicks(world, 50);
    const { value, divisor } = world.index();
    const total = world.sectors().reduce((sum, sector) => sum + sector.indexWeight * sector.value, 0);
    expect(Math.round((total / divisor) * 100) / 100).toBe(value);
  }
});

test("the index does not jump when a sector comes, changes its weight or goes", () => {
  const world = openWorld("3");
  runTicks(world, 100);
  const { value } = world.index();
  world.apply({ type: "createSector", sector: { id: "gold-001", name: "Gold", value: 4000, indexWeight: 0.4 } });
  expect(world.index().value).toBe(value);
  world.apply({ type: "patchSector", id: "gold-001", patch: { indexWeight: 0.01 } });
  expect(world.index().value).toBe(value);
  world.apply({ type: "deleteSector", id: "gold-001" });
  expect(world.index().value).toBe(value);
});

test("an index without any weight stands still, and goes on from there", () => {
  const world = openWorld("3", smallScenario({ agents: [], discussions: [] }));
  runTicks(world, 10);
  const { value } = world.index();
  for (const { id } of world.sectors()) world.apply({ type: "deleteSector", id });
  runTicks(world, 10);
  expect(world.index().value).toBe(value);
  world.apply({ type: "createSector", sector: { id: "gold-001", name: "Gold" } });
  expect(world.index().value).toBe(value);
  runTicks(world, 400);
  expect(world.index().value).not.toBe(value);
});

test("a created sector is announced once, at its price, and moves from the next tick on", () => {
  const world = openWorld("3");
  runTicks(world, 7);
  const batch = world.apply({ type: "createSector", sector: { id: "gold-001", name: "Gold", value: 250 } });
  expect(batch.tick).toBe(7);
  expect(batch.events).toEqual([
    {
      event: "market:update",
      entity: "gold-001",
      payload: { sectorId: "gold-001", value: 250, timestamp: "2026-01-05T14:30:01.750Z" },
    },
  ]);
  expect(world.sector("gold-001")).toMatchObject({ value: 250, open: 250, beta: 1, indexWeight: 0.01, revision: 1 });
  const ids = world.step().events.flatMap(({ event, entity }) => (event === "market:update" ? [entity] : []));
  expect(ids).toContain("gold-001");
});

test("a patch counts a revision only when it changes something", () => {
  const world = openWorld("3");
  world.apply({ type: "patchSector", id: "tech-001", patch: { name: "Technology" } });
  expect(world.sector("tech-001")?.revision).toBe(1);
  world.apply({ type: "patchSector", id: "tech-001", patch: { name: "Tech", beta: 2 } });
  expect(world.sector("tech-001")).toMatchObject({ name: "Tech", beta: 2, revision: 2 });
});

test("the world says why it refuses a command, changes nothing, and throws when it is applied all the same", () => {
  const world = openWorld("3");
  const before = JSON.stringify(world.snapshot());
  const sector = { id: "tech-001", name: "Again" };
  expect(world.refuses({ type: "createSector", sector })).toEqual({ code: "exists", kind: "sector", id: "tech-001" });
  expect(world.refuses({ type: "deleteSector", id: "tech-001" })).toEqual({
    code: "inUse",
    kind: "sector",
    id: "tech-001",
    agents: 1,
    discussions: 1,
  });
  const unknown = { code: "unknown", kind: "sector", id: "none-001" };
  expect(world.refuses({ type: "patchSector", id: "none-001", patch: {} })).toEqual(unknown);
  const agent = { id: "agent-009", name: "Nine", role: "Trader", sectorId: "none-001", status: "idle" };
  expect(world.refuses({ type: "createAgent", agent })).toEqual(unknown);
  expect(world.refuses({ type: "patchAgent", id: "agent-001", patch: { sectorId: "none-001" } })).toEqual(unknown);
  expect(world.refuses({ type: "patchAgent", id: "agent-001", patch: { sectorId: null } })).toBeNull();
  expect(() => world.apply({ type: "createSector", sector })).toThrow(RefusedCommandError);
  expect(JSON.stringify(world.snapshot())).toBe(before);
});

test("the price depends on the seed and not on the start", () => {
  const prices = (seed: string, startMs: number) => {
    const world = openWorld(seed, { ...smallScenario(), start: new Date(startMs).toISOString() });
    runTicks(world, 100);
    return world.sectors().map(({ value }) => value);
  };
  expect(prices("1", 0)).toEqual(prices("1", 1e12 + 123));
  expect(prices("1", 0)).not.toEqual(prices("2", 0));
});

test.each([99, 1001, 250.5, Number.NaN])("a tick of %d ms is refused", (tickMs) => {
  expect(() => openWorld("1", smallScenario(), tickMs)).toThrow(RangeError);
});

test.each([
  [50, 1e9],
  [-50, 0.01],
])("a scenario that pushes by %d percent for ever drives a price to %d and not beyond", (movePercent, limit) => {
  const shock = {
    type: "sectorShock",
    at: "1s",
    every: "1s",
    sectorId: "tech-001",
    movePercent,
    duration: "1s",
  } as const;
  const world = openWorld("1", smallScenario({ events: [shock] }), 1000);
  runTicks(world, 100);
  // It moves about at the limit, but never past it.
  const values = Array.from({ length: 60 }, () => runTicks(world, 1) && world.sector("tech-001")?.value);
  expect(values.every((value) => value !== undefined && value >= 0.01 && value <= 1e9)).toBe(true);
  expect(values).toContain(limit);
  expect(Number.isFinite(world.index().value)).toBe(true);
});
