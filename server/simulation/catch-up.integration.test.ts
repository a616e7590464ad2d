/** A market that was stopped for a while is at the present after a restart, however long that was. */
import { expect, onTestFinished, test } from "vitest";
import type { CandleList, MessageList } from "../../schemas/index.js";
import { createWorld } from "../../simulator/index.js";
import type { Logger } from "../core/logger.js";
import { type Max, startMax } from "../main.js";
import { durableKinds } from "../store/store.fixture.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const startMs = Date.UTC(2026, 0, 5, 14, 30);

interface Restart {
  readonly max: Max;
  readonly warnings: readonly { readonly days?: number }[];
}

/** Starts a market at a wall clock's instant, with no clock of its own; it ends with the test. */
async function startAt(nowMs: number, store: string): Promise<Restart> {
  const warnings: { days?: number }[] = [];
  const warn = (facts: object): void => void warnings.push(facts);
  const logger = { debug: () => {}, info: () => {}, warn, error: warn } as unknown as Logger;
  const max = await startMax({
    port: 0,
    clock: "manual",
    startMs,
    store,
    catchUp: true,
    wallClockMs: () => nowMs,
    logger,
    drainMs: 0,
  });
  onTestFinished(() => max.close());
  return { max, warnings };
}

async function atRest({ simulation }: Max): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => void (simulation.status().state === "paused" && resolve());
    onTestFinished(simulation.onChange(look));
    look();
  });
}

async function get<Body>(max: Max, path: string): Promise<Body> {
  return (await (await fetch(`${max.url}${path}`)).json()) as Body;
}

async function post(max: Max, content: string): Promise<void> {
  const response = await fetch(`${max.url}/api/discussions/disc-001/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ content, authorId: "visitor-1" }),
  });
  expect(response.status).toBe(201);
}

async function newestMinutes(max: Max): Promise<number[]> {
  const { data } = await get<CandleList>(max, "/api/sectors/tech-001/candles?sort=desc&limit=200");
  return data.map(({ timestamp }) => Date.parse(timestamp));
}

test.each(durableKinds)("missed hours are lived through silently, in $kind", async ({ createUrl }) => {
  const store = await createUrl();
  const { max: first } = await startAt(startMs, store);
  first.advance("90s");
  await first.close();

  const nowMs = startMs + hourMs + 125;
  const { max, warnings } = await startAt(nowMs, store);
  await atRest(max);
  expect(max.simulation.world.nowMs).toBe(startMs + hourMs);
  expect(warnings).toEqual([]);
  const minutes = await newestMinutes(max);
  expect(minutes[0]).toBe(startMs + hourMs);
  expect(minutes.filter((at, index) => index > 0 && at !== minutes[index - 1] - minuteMs)).toEqual([]);
});

test.each(durableKinds)("of more than a day whole days are left out, in $kind", async ({ createUrl }) => {
  const store = await createUrl();
  const { max: first } = await startAt(startMs, store);
  first.advance("5m");
  await post(first, "before the holidays");
  first.advance("30s");
  const before = await newestMinutes(first);
  await first.close();

  const days = 12;
  const { max, warnings } = await startAt(startMs + days * dayMs + 20 * minuteMs, store);
  await atRest(max);
  expect(warnings).toEqual([{ days }]);
  const { world } = max.simulation;
  expect(max.simulation.status().start).toBe(new Date(startMs + days * dayMs).toISOString());
  expect(world.nowMs).toBe(startMs + days * dayMs + 20 * minuteMs);

  const same = createWorld({ seed: "42", scenario: world.scenario, startMs: startMs + days * dayMs });
  while (same.tick < world.tick) same.step();
  expect(world.sectors()).toEqual(same.sectors());

  const minutes = await newestMinutes(max);
  expect(new Set(minutes).size).toBe(minutes.length);
  const gaps = minutes.flatMap((at, index) => (index > 0 ? [minutes[index - 1] - at] : []));
  expect(gaps.filter((gap) => gap !== minuteMs)).toEqual([days * dayMs + minuteMs]);
  // The open minute goes on where it was and is closed on the later day.
  expect(minutes.slice(minutes.indexOf(before[1]))).toEqual(
    before.slice(1, 1 + minutes.length - minutes.indexOf(before[1])),
  );
  const { data } = await get<MessageList>(max, "/api/discussions/disc-001/messages?limit=200");
  const posted = data.find(({ authorId }) => authorId === "visitor-1");
  expect(posted).toMatchObject({
    content: "before the holidays",
    timestamp: new Date(startMs + 5 * minuteMs).toISOString(),
  });
  await max.close();

  const again = await startAt(startMs + days * dayMs + 20 * minuteMs, store);
  expect(again.max.simulation.world.nowMs).toBe(startMs + days * dayMs + 20 * minuteMs);
  expect(again.warnings).toEqual([]);
});

test("a pause ends the way to the present where it has come to", async () => {
  const store = await durableKinds[0].createUrl();
  const { max: first } = await startAt(startMs, store);
  await first.close();
  const { max } = await startAt(startMs + 20 * hourMs, store);
  expect(max.simulation.status().state).toBe("seeking");
  await max.simulation.pause();
  await atRest(max);
  expect(max.simulation.world.nowMs).toBeLessThan(startMs + 20 * hourMs);
});
