import { expect, test } from "vitest";
import type { ScenarioEvent } from "../../schemas/index.js";
import { openWorld, runTicks, shipped, smallScenario } from "../world/world.fixture.js";
import { ScenarioEvents } from "./scenario-events.js";

function startsOf(scenarioEvent: ScenarioEvent, ticks: number, tickMs: number = 250): number[] {
  const scenarioEvents = new ScenarioEvents([scenarioEvent], tickMs, 0);
  return Array.from({ length: ticks }, (_, n) => n + 1).filter((tick) => {
    scenarioEvents.advance(tick);
    return scenarioEvents.starting.length > 0;
  });
}

/** Sum of all pushes up to each tick. */
function pathOf(scenarioEvent: ScenarioEvent, ticks: number, sectorId?: string): number[] {
  const scenarioEvents = new ScenarioEvents([scenarioEvent], 1000, 0);
  let level = 0;
  return Array.from({ length: ticks }, (_, n) => {
    scenarioEvents.advance(n + 1);
    return (level += scenarioEvents.push(sectorId));
  });
}

test("a scenario event starts at the first tick that reaches its time", () => {
  expect(startsOf({ type: "halt", at: "0s" }, 20)).toEqual([1]);
  expect(startsOf({ type: "halt", at: "1s" }, 20)).toEqual([4]);
  expect(startsOf({ type: "halt", at: "1001ms" }, 20)).toEqual([5]);
  expect(startsOf({ type: "halt", at: "1s", every: "1.5s" }, 20)).toEqual([4, 10, 16]);
  expect(startsOf({ type: "halt", at: "0s", every: "700ms" }, 12)).toEqual([1, 3, 6, 9, 12]);
});

test("a flash crash falls as far as it says, and comes back as far as it says", () => {
  const path = pathOf(
    { type: "flashCrash", at: "10s", movePercent: -9, duration: "5m", recoveryShare: 0.8, recovery: "30m" },
    3000,
  );
  const percent = (second: number) => (Math.exp(path[second - 1]) - 1) * 100;
  expect(percent(10)).toBe(0);
  expect(percent(310)).toBeCloseTo(-9, 9);
  expect(Math.min(...path)).toBe(path[309]);
  expect(percent(310 + 1800)).toBeCloseTo((0.91 ** 0.2 - 1) * 100, 9);
  expect(path.at(-1)).toBe(path[2110]);
});

test("a sector's shock pushes this sector only", () => {
  const shock: ScenarioEvent = { type: "sectorShock", at: "1s", sectorId: "tech-001", movePercent: 3, duration: "10s" };
  expect(Math.exp(pathOf(shock, 20, "tech-001").at(-1) ?? 0)).toBeCloseTo(1.03, 9);
  expect(pathOf(shock, 20, "energy-001").at(-1)).toBe(0);
  expect(pathOf(shock, 20).at(-1)).toBe(0);
});

test("a timeline taken up at any tick is the one that was run to there", () => {
  const list: ScenarioEvent[] = [
    { type: "flashCrash", at: "3s", duration: "20s", recovery: "10s", every: "13s" },
    { type: "rumour", at: "5s", text: "something", movePercent: 2, duration: "4s", every: "3s" },
    { type: "regime", at: "8s", regime: "stress", duration: "5s", every: "11s" },
    { type: "regime", at: "9s", regime: "calm", duration: "1s", every: "4s" },
  ];
  const run = new ScenarioEvents(list, 250, 0);
  for (let tick = 1; tick <= 400; tick++) {
    run.advance(tick);
    const taken = new ScenarioEvents(list, 250, tick);
    expect([taken.push(), taken.boost(), taken.regime(), taken.active]).toEqual([
      run.push(),
      run.boost(),
      run.regime(),
      run.active,
    ]);
    taken.advance(tick + 1);
    const next = new ScenarioEvents(list, 250, tick + 1);
    expect([taken.push(), taken.boost(), taken.regime()]).toEqual([next.push(), next.boost(), next.regime()]);
  }
});

test("in the flash-crash scenario the index loses about nine percent in five minutes and regains most of it", () => {
  const world = openWorld("1", shipped("flash-crash-2010"));
  runTicks(world, 10 * 240);
  const before = world.index().value;
  runTicks(world, 5 * 240);
  const bottom = world.index().value;
  runTicks(world, 30 * 240);
  const after = world.index().value;
  expect(bottom / before - 1).toBeGreaterThan(-0.13);
  expect(bottom / before - 1).toBeLessThan(-0.06);
  expect((after - bottom) / (before - bottom)).toBeGreaterThan(0.5);
});

test("during a halt prices stand still, only the closing candles leave, and afterwards it goes on", () => {
  const world = openWorld("1", smallScenario({ events: [{ type: "halt", at: "30s", duration: "60s" }] }));
  runTicks(world, 119);
  const before = world.sectors().map(({ value }) => value);
  const halted = runTicks(world, 240);
  expect(world.sectors().map(({ value }) => value)).toEqual(before);
  const market = halted.flatMap(({ tick, events }) =>
    events.flatMap(({ event }) =>
      event === "market:update" || event === "sector:candle_update" ? [[tick, event]] : [],
    ),
  );
  expect(market).toEqual(Array.from({ length: 3 }, () => [239, "sector:candle_update"]));
  expect(runTicks(world, 1)[0].events.filter(({ event }) => event === "market:update")).toHaveLength(4);
  runTicks(world, 100);
  expect(world.sectors().map(({ value }) => value)).not.toEqual(before);
});

test("a halt of one sector leaves the others moving, until a resume", () => {
  const events: ScenarioEvent[] = [
    { type: "halt", at: "10s", sectorId: "tech-001" },
    { type: "resume", at: "20s", sectorId: "tech-001" },
  ];
  const world = openWorld("1", smallScenario({ events }));
  const updates = runTicks(world, 120).map(
    ({ events }) => events.filter(({ event }) => event === "market:update").length,
  );
  expect(updates.slice(0, 39).every((count) => count === 4)).toBe(true);
  expect(updates.slice(39, 79).every((count) => count === 3)).toBe(true);
  expect(updates.slice(79).every((count) => count === 4)).toBe(true);
});
