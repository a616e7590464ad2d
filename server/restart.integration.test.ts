/** A market that was stopped goes on where it stopped: world, history, commands and digest. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { CandleList, Message, MessageList } from "../schemas/index.js";
import { SIMULATOR_VERSION, createWorld } from "../simulator/index.js";
import { type Max, type StartOptions, startMax } from "./main.js";
import { resolveScenario } from "./simulation/timelines.js";
import { snapshotEveryTicks } from "./store/snapshot-retention.js";
import { openStore } from "./store/open-store.js";

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "max-restart-"));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function start(options: StartOptions): Promise<Max> {
  const max = await startMax({ port: 0, clock: "manual", ...options });
  closers.push(() => max.close());
  return max;
}

async function post(max: Max, content: string): Promise<Message> {
  const response = await fetch(`${max.url}/api/discussions/disc-001/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ content, authorId: "visitor-1" }),
  });
  expect(response.status).toBe(201);
  return (await response.json()) as Message;
}

async function setStatus(max: Max, status: string): Promise<void> {
  const response = await fetch(`${max.url}/api/agents/agent-001`, {
    method: "PATCH",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ status }),
  });
  expect(response.status).toBe(200);
}

async function get<Body>(max: Max, path: string): Promise<Body> {
  return (await (await fetch(`${max.url}${path}`)).json()) as Body;
}

test("a market stopped and started twice ends with the digest of one that never stopped", async () => {
  const store = join(await temporaryFolder(), "store.sqlite");
  const whole = await start({});
  whole.advance("40s");
  await post(whole, "first");
  whole.advance("50s");
  await setStatus(whole, "reviewing");
  whole.advance("30s");

  let max = await start({ store });
  max.advance("40s");
  await post(max, "first");
  await max.close();
  max = await start({ store });
  expect(max.simulation.world.tick).toBe(160);
  max.advance("50s");
  await max.close();
  max = await start({ store });
  await setStatus(max, "reviewing");
  max.advance("30s");

  expect(max.simulation.status().tick).toBe(whole.simulation.status().tick);
  expect(max.simulation.status().digest).toBe(whole.simulation.status().digest);
  expect(max.simulation.status().bootId).not.toBe(whole.simulation.status().bootId);
  const history = "/api/sectors/tech-001/candles?interval=1m&sort=desc&limit=5";
  expect(await get<CandleList>(max, history)).toEqual(await get<CandleList>(whole, history));
  const { data } = await get<MessageList>(max, "/api/discussions/disc-001/messages?limit=200");
  expect(data.filter(({ authorId }) => authorId === "visitor-1").map(({ content }) => content)).toEqual(["first"]);
  expect(await get<MessageList>(whole, "/api/discussions/disc-001/messages?limit=200")).toMatchObject({ data });
});

test("a store of another seed refuses, naming both and the ways out", async () => {
  const store = join(await temporaryFolder(), "store.sqlite");
  const max = await start({ store, seed: "42" });
  await max.close();
  await expect(startMax({ port: 0, clock: "manual", store, seed: "43" })).rejects.toThrow(
    /42.*43.*option reset.*option store/s,
  );
  const reset = await start({ store, seed: "43", reset: true });
  expect(reset.simulation.world.seed).toBe("43");
});

test("a reset that finds its port taken leaves the store's market as it is", async () => {
  const store = join(await temporaryFolder(), "store.sqlite");
  const max = await start({ store });
  const said = await post(max, "kept");
  await max.close();
  const { port } = new URL((await start({})).url);
  await expect(start({ store, reset: true, seed: "43", port: Number(port) })).rejects.toMatchObject({
    code: "portTaken",
  });
  const again = await start({ store });
  const { data } = await get<MessageList>(again, "/api/discussions/disc-001/messages");
  expect(data).toEqual([said]);
});

test("a scenario that was edited under its name, or another tick, is refused, and the store is free again", async () => {
  const store = join(await temporaryFolder(), "store.sqlite");
  const { sectors = [], ...rest } = resolveScenario("calm");
  const scenario = { ...rest, sectors, name: "mine" };
  await (await start({ store, scenario })).close();
  const edited = { ...scenario, sectors: sectors.map((sector) => ({ ...sector, name: `New ${sector.name}` })) };
  const options = { port: 0, clock: "manual", store } as const;
  await expect(startMax({ ...options, scenario: edited })).rejects.toThrow(
    /Scenario mine has changed since.*option reset/,
  );
  await expect(startMax({ ...options, scenario, tickMs: 100 })).rejects.toThrow(
    /a tick of 250 ms, not 100 ms.*option tickMs/,
  );
  const again = await start({ store, scenario });
  expect(again.simulation.world.sectors()).toHaveLength(sectors.length);
});

test("a market that was killed before the day before it was stored has that day after the restart", async () => {
  const url = join(await temporaryFolder(), "store.sqlite");
  const { seed, startMs, tickMs, scenario } = createWorld({ seed: "42", scenario: resolveScenario("trading-day") });
  const begun = { seed, scenario: scenario.name, simulatorVersion: SIMULATOR_VERSION };
  const store = await openStore({ url, ...begun });
  store.begin({ ...begun, startMs, tickMs });
  await store.close();

  const max = await start({ store: url });
  const history = "/api/sectors/tech-001/candles?limit=200";
  expect((await get<CandleList>(max, history)).data).toEqual((await get<CandleList>(await start({}), history)).data);
});

test("markets of several seeds in one process each have their own day before the start", async () => {
  const history = "/api/sectors/tech-001/candles?limit=200";
  const days: CandleList["data"][] = [];
  for (const seed of ["42", "43", "42"]) days.push((await get<CandleList>(await start({ seed }), history)).data);
  const [first, other, again] = days;
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

test("the snapshots of a run are kept over a restart, fewer of the far past", async () => {
  const store = join(await temporaryFolder(), "store.sqlite");
  const first = await start({ store, tickMs: 1000 });
  await first.simulation.seek(12 * snapshotEveryTicks);
  await first.close();
  const opened = await openStore({
    url: store,
    seed: "42",
    scenario: "trading-day",
    simulatorVersion: SIMULATOR_VERSION,
  });
  const resume = await opened.loadResume();
  await opened.close();
  expect(resume?.snapshots.map(({ world }) => world.tick / snapshotEveryTicks)).toEqual([
    2, 4, 5, 6, 7, 8, 9, 10, 11, 12,
  ]);
});

test("a seek back begins another timeline and deletes what came later", async () => {
  const max = await start({});
  max.advance("30s");
  await post(max, "early");
  max.advance("30s");
  await post(max, "late");
  const { bootId } = max.simulation.status();
  await max.simulation.pause();
  const outcome = await max.simulation.seek(140);
  expect(outcome.tick).toBe(140);
  expect(outcome.deleted.commands).toBe(1);
  expect(max.simulation.status().bootId).not.toBe(bootId);
  const { data } = await get<MessageList>(max, "/api/discussions/disc-001/messages?limit=200");
  expect(data.filter(({ authorId }) => authorId === "visitor-1").map(({ content }) => content)).toEqual(["early"]);
});
