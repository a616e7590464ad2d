/** A market ends with the last instant that a timestamp can name, and can be led back from there. */
import { expect, onTestFinished, test } from "vitest";
import type { CandleList, Simulation } from "../schemas/index.js";
import { instantMsMax, instantMsMin } from "../schemas/instant.js";
import { createWorld } from "../simulator/index.js";
import { startMax } from "./main.js";
import { resolveScenario } from "./simulation/timelines.js";
import { silentLogger } from "./core/logger.js";

async function open(startMs: number, clock: "manual" | "real" = "manual") {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) };
  const max = await startMax({ port: 0, clock, startMs, logger, token: "t" });
  onTestFinished(() => max.close());
  async function call(method: string, path: string, body?: object) {
    const response = await fetch(max.url + path, {
      method,
      headers: { authorization: "Bearer t", "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as unknown };
  }
  return { max, call, warnings };
}

test("at the end of the year 9999 it stops as ended, goes on answering, and plays again after a seek back", async () => {
  const { max, call, warnings } = await open(instantMsMax - 999);
  max.advance("1m");
  const state = async () => (await call("GET", "/api/simulation")).body as Simulation;
  expect(await state()).toMatchObject({ state: "ended", tick: 3, time: "9999-12-31T23:59:59.750Z" });
  expect(warnings.filter((message) => message.includes("9999"))).toHaveLength(1);
  const posted = await call("POST", "/api/discussions/disc-001/messages", { content: "late", authorId: "a" });
  expect([posted.status, (posted.body as { timestamp: string }).timestamp]).toEqual([201, "9999-12-31T23:59:59.750Z"]);
  expect((await call("POST", "/api/simulation/step", { ticks: 1 })).status).toBe(409);
  for (const to of [4, "9999-12-31T23:59:59.999Z"]) {
    const sought = await call("POST", "/api/simulation/seek", { to });
    expect(sought.status).toBe(to === 4 ? 422 : 200);
  }
  expect((await call("POST", "/api/simulation/seek", { to: 1 })).status).toBe(200);
  expect(await state()).toMatchObject({ state: "paused", tick: 1 });
  expect((await call("POST", "/api/simulation/step", { ticks: 5 })).status).toBe(200);
  expect(await state()).toMatchObject({ state: "ended", tick: 3 });
});

test("with a clock it comes to the end by itself", async () => {
  const { call } = await open(instantMsMax - 499, "real");
  for (;;) {
    const { state, tick } = (await call("GET", "/api/simulation")).body as Simulation;
    if (state !== "ended") continue;
    expect(tick).toBe(1);
    expect((await call("POST", "/api/simulation/play")).status).toBe(409);
    return;
  }
});

test("at the beginning of the calendar there are no candles before it", async () => {
  const { max, call } = await open(instantMsMin);
  max.advance("2m");
  const { data } = (await call("GET", "/api/sectors/tech-001/candles?limit=3")).body as CandleList;
  expect(data[0]?.timestamp).toBe("0000-01-01T00:00:00.000Z");
});

test("a start outside the calendar is refused, and a world is not stepped over its end", async () => {
  for (const startMs of [instantMsMin - 1, instantMsMax + 1]) {
    await expect(startMax({ port: 0, startMs })).rejects.toThrow("years 0 to 9999");
    expect(() => createWorld({ seed: "42", scenario: resolveScenario("calm"), startMs })).toThrow("years 0 to 9999");
  }
  const world = createWorld({ seed: "42", scenario: resolveScenario("calm"), startMs: instantMsMax });
  expect(world.lastTick).toBe(0);
  expect(() => world.step()).toThrow("last one of the year 9999");
});
