/** The agents in the shipped trading day: how soon, how often and how varied it speaks. */
import { expect, test } from "vitest";
import { openWorld, shipped } from "../world/world.fixture.js";

const scenario = shipped("trading-day");
const minutes = 60;
const ticksPerMinute = 60_000 / scenario.tickMs;

interface Hour {
  readonly statuses: number;
  readonly messages: number;
  /** Variance over mean of the messages of a minute. */
  readonly dispersion: number;
  /** Share of the messages that had been said in their room before, to the letter. */
  readonly repeats: number;
}

function hourOf(seed: string): Hour {
  const world = openWorld(seed, scenario);
  const perMinute = Array.from({ length: minutes }, () => 0);
  const said = new Set<string>();
  let statuses = 0;
  let repeats = 0;
  for (let tick = 0; tick < minutes * ticksPerMinute; tick++) {
    for (const { event, payload } of world.step().events) {
      if (event === "agent:status_update") statuses += 1;
      if (event !== "discussion:new_message") continue;
      perMinute[Math.floor(tick / ticksPerMinute)] += 1;
      const text = `${payload.discussionId} ${payload.message.content}`;
      if (said.has(text)) repeats += 1;
      said.add(text);
    }
  }
  const messages = perMinute.reduce((sum, count) => sum + count, 0);
  const mean = messages / minutes;
  const variance = perMinute.reduce((sum, count) => sum + (count - mean) * (count - mean), 0) / (minutes - 1);
  return { statuses, messages, dispersion: variance / mean, repeats: repeats / messages };
}

const hours = ["1", "2", "42"].map(hourOf);

test.each(["1", "2", "3", "7", "42", "2010-05-06"])(
  "all four events come within thirty seconds of the start (seed %s)",
  (seed) => {
    const world = openWorld(seed, scenario);
    const events = new Set<string>();
    for (let tick = 0; tick < 30_000 / scenario.tickMs; tick++) {
      for (const { event } of world.step().events) events.add(event);
    }
    expect(events.size).toBe(4);
  },
);

test("about one status in two seconds, and one message in four", () => {
  const mean = (key: "statuses" | "messages") =>
    hours.reduce((sum, hour) => sum + hour[key], 0) / hours.length / (minutes * 60);
  expect(mean("statuses")).toBeGreaterThan(0.3);
  expect(mean("statuses")).toBeLessThan(0.9);
  expect(mean("messages")).toBeGreaterThan(0.2);
  expect(mean("messages")).toBeLessThan(0.5);
});

test("talk comes in bursts: the messages of a minute have more than twice the variance of their mean", () => {
  for (const { dispersion } of hours) expect(dispersion).toBeGreaterThan(2);
});

test("less than one message in fifty has been said in its room within the hour", () => {
  for (const { repeats } of hours) expect(repeats).toBeLessThan(0.02);
});
