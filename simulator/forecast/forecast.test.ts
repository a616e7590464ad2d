import { expect, test } from "vitest";
import { type EventName, eventNames } from "../../schemas/index.js";
import { forecast } from "./forecast.js";
import { shippedScenarios } from "../scenarios/index.js";
import type { CompleteScenario } from "../scenario/complete.js";
import { openWorld, shipped, smallScenario } from "../world/world.fixture.js";

/** Events a second of a run, by name. */
function measure(scenario: CompleteScenario, seed: string, forSeconds: number): Record<EventName, number> {
  const counts = Object.fromEntries(eventNames.map((name) => [name, 0])) as Record<EventName, number>;
  const world = openWorld(seed, scenario);
  while (world.tick * world.tickMs < forSeconds * 1000) {
    for (const { event } of world.step().events) counts[event] += 1 / forSeconds;
  }
  return counts;
}

test.each([...shippedScenarios.keys()])("%s yields as many events a second as forecast, within three sigma", (name) => {
  const scenario = shipped(name);
  const forSeconds = name === "stress" ? 60 : 600;
  const forecasts = forecast(scenario, forSeconds);
  for (const seed of ["42", "7"]) {
    const measured = measure(scenario, seed, forSeconds);
    for (const event of eventNames) {
      const { perSecond, standardDeviation } = forecasts[event];
      // Exact where nothing is random, but for the rounding of a sum of shares.
      const error = Math.abs(measured[event] - perSecond);
      expect({ seed, event, error, passed: error <= 3 * standardDeviation + 1e-6 }).toMatchObject({ passed: true });
    }
  }
});

test("a spread is narrow enough to say something", () => {
  const { "discussion:new_message": messages, "agent:status_update": statuses } = forecast(shipped("trading-day"));
  expect(messages.standardDeviation / messages.perSecond).toBeLessThan(0.2);
  expect(statuses.standardDeviation / statuses.perSecond).toBeLessThan(0.4);
});

test("halts, cadence and tick are in the forecast", () => {
  const events = [{ type: "halt" as const, at: "10s", duration: "20s" }];
  const scenario = smallScenario({ events, tickMs: 500, cadence: { marketEveryTicks: 2, candleEveryTicks: 3 } });
  for (const forSeconds of [7, 60, 100]) {
    const measured = measure(scenario, "1", forSeconds);
    const forecasts = forecast(scenario, forSeconds);
    for (const event of ["market:update", "sector:candle_update"] as const)
      expect(forecasts[event].perSecond).toBeCloseTo(measured[event], 9);
  }
});

test("without agents nobody speaks, and nobody is expected to", () => {
  const forecasts = forecast(smallScenario({ agents: [] }), 600);
  expect(forecasts["discussion:new_message"].perSecond).toBe(0);
  expect(forecasts["agent:status_update"].perSecond).toBe(0);
});
