import fc from "fast-check";
import { expect, test } from "vitest";
import { MismatchError } from "../core/errors.js";
import { createStreamDigest } from "../history/stream-digest.js";
import type { Command, World, WorldSnapshot } from "../core/types.js";
import {
  digestTicks,
  eventfulScenario,
  openWorld,
  posted,
  runTicks,
  sha256,
  shipped,
  smallScenario,
  throughJson,
} from "./world.fixture.js";
import { restoreWorld } from "./world.js";
import { amount } from "../../schemas/amount.fixture.js";

const eventful = eventfulScenario();
const ticks = 120;

test.each(["1", "42", "2010-05-06"])(
  "a world resumed from a snapshot ends where the whole run ends (seed %s)",
  (seed) => {
    const whole = digestTicks(openWorld(seed, eventful), ticks);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: ticks - 1 }), { maxLength: 5 }), (stops) => {
        let world = openWorld(seed, eventful);
        let digest = createStreamDigest({ hash: sha256 });
        for (let tick = 0; tick < ticks; tick++) {
          if (stops.includes(tick)) {
            world = restoreWorld({ seed, scenario: eventful }, throughJson(world.snapshot()));
            digest = createStreamDigest({ hash: sha256, state: throughJson(digest.state()) });
          }
          digest.observe(world.step());
        }
        expect(digest.value).toBe(whole.value);
      }),
      { numRuns: 20 },
    );
  },
);

test("a snapshot of a restored world is the same snapshot, at every tick", () => {
  const world = openWorld("1", eventful);
  for (let tick = 0; tick < ticks; tick++) {
    const snapshot = throughJson(world.snapshot());
    const restored = restoreWorld({ seed: "1", scenario: eventful }, snapshot);
    expect(throughJson(restored.snapshot())).toEqual(snapshot);
    world.step();
  }
});

test("looking at a world does not change it", () => {
  const whole = digestTicks(openWorld("1", eventful), ticks);
  const digest = createStreamDigest({ hash: sha256 });
  const world = openWorld("1", eventful);
  for (let tick = 0; tick < ticks; tick++) {
    digest.observe(world.step());
    look(world);
  }
  expect(digest.value).toBe(whole.value);
});

function look(world: World): void {
  world.backfill();
  world.sectors();
  world.agents();
  world.discussions();
  world.index();
  world.openCandle("tech-001", "1m");
  world.refuses({ type: "deleteSector", id: "tech-001" });
  world.snapshot();
}

test("commands at the same places give the same session, wherever it was interrupted", () => {
  const commands: readonly (readonly [afterTick: number, command: Command])[] = [
    [0, { type: "createSector", sector: { id: "gold-001", name: "Gold", value: 300 } }],
    [
      20,
      {
        type: "createAgent",
        agent: { id: "agent-009", name: "Nine", role: "Trader", sectorId: "gold-001", status: "idle" },
      },
    ],
    [20, { type: "patchAgent", id: "agent-001", patch: { status: "error" } }],
    [
      33,
      {
        type: "postMessage",
        discussionId: "disc-001",
        message: posted({ id: "msg-1", content: "Hello", authorId: "me" }),
      },
    ],
    [50, { type: "patchSector", id: "gold-001", patch: { beta: 3, idioVolatilityPercent: 80 } }],
    [71, { type: "deleteAgent", id: "agent-009" }],
    [71, { type: "deleteSector", id: "gold-001" }],
  ];
  const play = (stops: readonly number[]) => {
    let world = openWorld("5", eventful);
    const digest = createStreamDigest({ hash: sha256 });
    for (let tick = 0; tick < ticks; tick++) {
      for (const [afterTick, command] of commands) if (afterTick === tick) digest.observe(world.apply(command));
      if (stops.includes(tick)) world = restoreWorld({ seed: "5", scenario: eventful }, throughJson(world.snapshot()));
      digest.observe(world.step());
    }
    return digest.value;
  };
  const whole = play([]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: ticks - 1 }), { minLength: 1, maxLength: 4 }), (stops) => {
      expect(play(stops)).toBe(whole);
    }),
    { numRuns: 10 },
  );
});

test.each([
  ["simulatorVersion", { simulatorVersion: "0" }, /version 0 and this is version/],
  ["seed", { seed: "2" }, /its seed is 2, not 1/],
  ["scenario", { scenarioName: "calm" }, /its scenario is calm, not small/],
  ["start", { startMs: 5 }, /its start is 5, not/],
  ["tickMs", { tickMs: 1000 }, /its tickMs is 1000, not 250/],
] as const)("a snapshot of another %s is refused, both named", (field, change, message) => {
  const snapshot: WorldSnapshot = { ...openWorld("1").snapshot(), ...change };
  const restore = () => restoreWorld({ seed: "1", scenario: smallScenario() }, snapshot);
  expect(restore).toThrow(MismatchError);
  expect(restore).toThrow(message);
  try {
    restore();
  } catch (error) {
    expect((error as MismatchError).field).toBe(field);
  }
});

/** 252 trading days a year. Without MAX_LONG one day is run. */
const sessions = amount(1, 2520);

test(
  `prices stay positive and finite through ${sessions} trading days at four times the volatility`,
  () => {
    const scenario = {
      ...shipped("trading-day"),
      agents: [],
      discussions: [],
      cadence: { marketEveryTicks: 10_000, candleEveryTicks: 10_000 },
      market: { ...shipped("trading-day").market, volatilityPercent: 60 },
    };
    const world = openWorld("10", scenario, 1000);
    for (let session = 0; session < sessions; session++) {
      for (let second = 0; second < 23_400; second++) world.step();
      for (const { value, open } of world.sectors()) {
        expect(Number.isFinite(value) && value > 0 && open > 0).toBe(true);
      }
      const { value, divisor } = world.index();
      expect(Number.isFinite(value) && value > 0 && divisor > 0).toBe(true);
    }
  },
  sessions * 2000 + 30_000,
);

test("no price is ever minus zero or other than a multiple of a cent", () => {
  for (const { events } of runTicks(openWorld("1", eventful), ticks)) {
    for (const { payload } of events) {
      for (const [, digits] of JSON.stringify(payload).matchAll(
        /"(?:value|indexValue|open|high|low|close)":([^,}]+)/g,
      )) {
        expect(digits).toMatch(/^\d+(\.\d{1,2})?$/);
      }
    }
  }
});
