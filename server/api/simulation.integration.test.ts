import { expect, test } from "vitest";
import { findViolations } from "../../schemas/index.js";
import { startApi } from "./api.fixture.js";

test("GET /api/simulation tells the world without a token", async () => {
  const { call, host } = await startApi();
  const answer = await call("GET", "/api/simulation");
  expect(findViolations("resources/simulation.schema.json", answer.body)).toEqual([]);
  expect(answer.body).toEqual(host.status());
});

test("with the token the simulation is paused, stepped, hastened and played", async () => {
  const { control, advance } = await startApi();
  expect((await control("POST", "/api/simulation/pause")).body.state).toBe("paused");
  const { tick } = (await control("POST", "/api/simulation/step", { ticks: 5 })).body;
  expect(tick).toBe(5);
  advance(10_000);
  expect((await control("GET", "/api/simulation")).body.tick).toBe(5);
  expect((await control("POST", "/api/simulation/speed", { speed: 10 })).body.speed).toBe(10);
  expect((await control("POST", "/api/simulation/play", {})).body.state).toBe("playing");
  advance(1000);
  expect((await control("GET", "/api/simulation")).body.tick).toBeGreaterThan(5);
});

test("a seek goes to a tick or to a time, and counts what a step back deletes", async () => {
  const { call, control, host } = await startApi();
  await control("POST", "/api/simulation/pause");
  const { tickMs, startMs } = host.world;
  const ticks = (10 * 60_000) / tickMs;
  const closedCandles = async (): Promise<unknown[]> => {
    const path = `/api/sectors/${host.world.sectors()[0].id}/candles?start=${host.status().start}`;
    return (await call("GET", path)).body.data.filter((candle: { closed: boolean }) => candle.closed);
  };
  const forwards = await control("POST", "/api/simulation/seek", { to: ticks });
  expect(forwards.body).toMatchObject({ tick: ticks, deleted: { candles: 0, commands: 0 } });
  const room = `/api/discussions/${host.world.discussions()[0].id}/messages`;
  await call("POST", room, { content: "Late", authorId: "a" });
  const before = await closedCandles();
  expect(before).toHaveLength(10);

  const back = await control("POST", "/api/simulation/seek", { to: new Date(startMs + 5 * 60_000).toISOString() });
  expect(back.body.tick).toBe(ticks / 2);
  expect(back.body.deleted.commands).toBe(1);
  expect(back.body.deleted.candles).toBeGreaterThanOrEqual(5 * 11);
  expect(await closedCandles()).toEqual(before.slice(0, 5));
  await control("POST", "/api/simulation/seek", { to: ticks });
  expect(await closedCandles()).toEqual(before);
  const nowhere = await control("POST", "/api/simulation/seek", { to: "2026-02-30T00:00:00Z" });
  expect([nowhere.status, nowhere.body.errors[0].pointer]).toEqual([422, "/to"]);
});

test("while it seeks, every other move is refused but a pause, which ends it where it has come to", async () => {
  const { control } = await startApi();
  const target = 100_000_000;
  const seek = control("POST", "/api/simulation/seek", { to: target });
  while ((await control("GET", "/api/simulation")).body.state !== "seeking");
  const refused = [
    await control("POST", "/api/simulation/play"),
    await control("POST", "/api/simulation/step", { ticks: 1 }),
    await control("POST", "/api/simulation/seek", { to: 0 }),
    await control("POST", "/api/simulation/reset"),
  ];
  expect(refused.map(({ status }) => status)).toEqual([409, 409, 409, 409]);
  const paused = (await control("POST", "/api/simulation/pause")).body;
  expect(paused.state).toBe("paused");
  expect(paused.tick).toBeLessThan(target);
  expect((await seek).body).toMatchObject({ tick: paused.tick, state: "paused" });
});

test("many steps leave others their turn, are broadcast, and are ended by a pause", async () => {
  const { control, host, call } = await startApi();
  const step = control("POST", "/api/simulation/step", { ticks: 1_000_000 });
  while (!host.isMoving) await new Promise((resolve) => setImmediate(resolve));
  expect(host.status().state).toBe("paused");
  expect((await control("POST", "/api/simulation/play")).status).toBe(409);
  expect((await call("GET", "/livez")).status).toBe(200);
  const { tick } = (await control("POST", "/api/simulation/pause")).body;
  expect(tick).toBeGreaterThan(0);
  expect((await step).body).toMatchObject({ tick, state: "paused" });
  expect(host.status()).toMatchObject({ tick, state: "paused" });
});

test("a seek back that is ended by a pause has moved and deleted nothing", async () => {
  const { control, call, host } = await startApi();
  await control("POST", "/api/simulation/pause");
  const far = 12_000;
  await control("POST", "/api/simulation/seek", { to: far });
  const room = `/api/discussions/${host.world.discussions()[0].id}/messages`;
  const { id } = (await call("POST", room, { content: "Stays", authorId: "a" })).body;
  const { digest, bootId } = host.status();
  const seek = control("POST", "/api/simulation/seek", { to: far - 3000 });
  while (host.status().state !== "seeking") await new Promise((resolve) => setImmediate(resolve));
  await control("POST", "/api/simulation/pause");
  expect((await seek).body).toMatchObject({ tick: far, digest, bootId, deleted: { messages: 0, commands: 0 } });
  expect((await call("GET", `${room}/${id}`)).status).toBe(200);
});

test("what is posted while the simulation seeks is of the instant at which its turn comes", async () => {
  const { control, call, host } = await startApi();
  await control("POST", "/api/simulation/pause");
  const room = `/api/discussions/${host.world.discussions()[0].id}/messages`;
  const seek = control("POST", "/api/simulation/seek", { to: 4000 });
  while (host.status().state !== "seeking") await new Promise((resolve) => setImmediate(resolve));
  const posted = await call("POST", room, { content: "Now", authorId: "a" });
  expect(posted.body.timestamp).toBe((await seek).body.time);
});

test("a reset begins again, with another seed if one is given", async () => {
  const { control, call } = await startApi();
  await control("POST", "/api/simulation/pause");
  await control("POST", "/api/simulation/step", { ticks: 40 });
  await call("POST", "/api/sectors", { id: "chip-1", name: "Chips" });
  const same = await control("POST", "/api/simulation/reset");
  expect(same.body).toMatchObject({ seed: "42", tick: 0, deleted: { commands: 1 } });
  expect((await call("GET", "/api/sectors/chip-1")).status).toBe(404);
  const other = await control("POST", "/api/simulation/reset", { seed: "43", scenario: "calm" });
  expect(other.body).toMatchObject({ seed: "43", scenario: "calm", tick: 0 });
  expect((await call("GET", "/api/sectors?limit=1")).status).toBe(200);
});

test.each([
  ["goes on playing", false],
  ["stays paused when that was asked for meanwhile", true],
])("while it is reset nobody plays or steps the old market, and the new one %s", async (_name, isPaused) => {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const { control, host, advance } = await startApi({
    store: (store) =>
      Object.assign(Object.create(store) as typeof store, {
        truncate: async (...where: Parameters<typeof store.truncate>) => {
          await released;
          return await store.truncate(...where);
        },
      }),
  });
  advance(5000);
  const reset = control("POST", "/api/simulation/reset", { seed: "7" });
  while ((await control("GET", "/api/simulation")).body.state !== "seeking");
  const refused = [
    await control("POST", "/api/simulation/play"),
    await control("POST", "/api/simulation/step", { ticks: 1 }),
  ];
  expect(refused.map(({ status }) => status)).toEqual([409, 409]);
  const pause = isPaused ? host.pause() : undefined;
  release();
  expect((await reset).body).toMatchObject({ seed: "7", tick: 0, state: isPaused ? "paused" : "playing" });
  await pause;
  advance(1000);
  expect((await control("GET", "/api/simulation")).body.tick).toBe(isPaused ? 0 : 4);
});

test.each([
  ["/api/simulation/step", { ticks: 0 }, { pointer: "/ticks", keyword: "minimum" }],
  ["/api/simulation/speed", { speed: 1e9 }, { pointer: "/speed", keyword: "maximum" }],
  ["/api/simulation/seek", { to: "1999-01-01T00:00:00Z" }, { pointer: "/to", keyword: "minimum" }],
  ["/api/simulation/seek", { to: "2026-02-31T25:00:00Z" }, { pointer: "/to", keyword: "format" }],
  ["/api/simulation/reset", null, { pointer: "", keyword: "type" }],
  ["/api/simulation/reset", { seed: "a\0b" }, { pointer: "/seed", keyword: "pattern" }],
  ["/api/simulation/reset", { scenario: "nope" }, { pointer: "/scenario", keyword: "enum" }],
])("POST %s with %j names the place", async (path, body, place) => {
  const { control, host } = await startApi();
  const before = host.status();
  const answer = await control("POST", path, body);
  expect(answer.status).toBe(422);
  expect(answer.body.errors).toEqual([expect.objectContaining(place)]);
  expect(host.status()).toEqual(before);
});

test("the command log is read behind a sequence, in order and page by page", async () => {
  const { call, control, advance } = await startApi();
  for (const name of ["a", "b", "c"]) {
    await call("POST", "/api/sectors", { id: name, name });
    advance(1000);
  }
  const first = await control("GET", "/api/simulation/commands?limit=2");
  expect(first.body.data.map((entry: { sequence: number }) => entry.sequence)).toEqual([1, 2]);
  expect(first.body).toMatchObject({ hasMore: true, nextCursor: "2" });
  expect(first.body.data[1]).toMatchObject({ afterTick: 4, command: { type: "createSector", sector: { id: "b" } } });
  const rest = await control("GET", `/api/simulation/commands?after=${first.body.nextCursor}`);
  expect(rest.body.data.map((entry: { sequence: number }) => entry.sequence)).toEqual([3]);
  expect(rest.body).toMatchObject({ hasMore: false, nextCursor: null });
});

test("events follow every change, beginning with the present state", async () => {
  const { url, host } = await startApi();
  const abort = new AbortController();
  const response = await fetch(`${url}/api/simulation/events`, { signal: abort.signal });
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  async function nextState(): Promise<{ state: string; speed: number }> {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end !== -1) {
        const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
        text = text.slice(end + 2);
        if (data !== undefined) return JSON.parse(data);
      }
      const chunk = await reader.read();
      if (chunk.done) throw new Error("the stream has ended");
      text += decoder.decode(chunk.value, { stream: true });
    }
  }
  expect((await nextState()).state).toBe("playing");
  await host.pause();
  expect((await nextState()).state).toBe("paused");
  abort.abort();
});

test("a stream of events ends: one that nobody reads does not stay for ever", async () => {
  const { url } = await startApi({ api: () => ({ streamMsMax: 20 }) });
  const response = await fetch(`${url}/api/simulation/events`);
  expect(await response.text()).toMatch(/^retry: 2000\ndata: /);
});

test("what was created, changed or deleted is counted, and told at once; a message and a status are told by their events", async () => {
  const { url, host } = await startApi();
  const told: number[] = [];
  host.onChange(() => told.push(host.status().resourceChanges));
  const send = async (method: string, path: string, body?: object) => {
    const headers = { "Content-Type": "application/json" };
    const { ok } = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    expect(ok).toBe(true);
  };
  await send("POST", "/api/agents", { id: "agent-new", name: "Ada", role: "analyst" });
  await send("PATCH", "/api/agents/agent-new", { status: "error" });
  await send("PATCH", "/api/agents/agent-new", { name: "Grace" });
  await send("POST", "/api/discussions", { id: "disc-new", title: "New" });
  await send("POST", "/api/discussions/disc-new/messages", { content: "Hello", authorId: "agent-new" });
  await send("DELETE", "/api/discussions/disc-new");
  expect(told).toEqual([1, 2, 3, 4]);
});
