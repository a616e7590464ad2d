/** A subscriber that stops reading: what it misses, what it gets later, and when it is closed. */
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { SectorCandleUpdateBroadcast } from "../../schemas/index.js";
import { RawClient } from "./raw-client.fixture.js";
import { type TestRoom, openRoom, record, testNowMs, until } from "./realtime.fixture.js";

const message = { content: "m".repeat(4_000), authorId: "agent-789" };
const timestamp = new Date(testNowMs).toISOString();

/** Broadcasts messages, which are never skipped, until the operating system takes no more for somebody. */
async function fillUntil(room: TestRoom, isFull: () => boolean, contentOf = () => message.content): Promise<number> {
  let count = 0;
  for (; !isFull(); await new Promise((resolve) => void setImmediate(resolve))) {
    if (count > 20_000) throw new Error("80 MB were not enough to fill a connection");
    room.realtime.batch(() => {
      for (let index = 0; index < 100; index++) {
        room.realtime.broadcastNewMessage({
          discussionId: "disc-123",
          message: { id: `msg-${count++}`, ...message, content: contentOf() },
        });
      }
    });
  }
  return count;
}

function candle(minute: number, value: number): SectorCandleUpdateBroadcast {
  return { sectorId: "tech-001", candle: { timestamp: new Date(testNowMs + minute * 60_000).toISOString(), value } };
}

describe("a subscriber that stops reading", () => {
  test("and is in the shared deflate stream gets what it skipped uncompressed, and joins the stream again", async () => {
    await using room = await openRoom({ compressionKeyMs: 0, slow: { hardBacklogBytesMax: 0, slowMsMax: 0 } });
    const { realtime } = room;
    const client = await room.connect();
    const received = record(client);
    for (let value = 1; value <= 3; value++) realtime.broadcastMarketUpdate({ indexValue: value });
    expect(realtime.counters.compression).toMatchObject({ shared: 1 });
    const { ws } = client.io.engine.transport as unknown as { ws: { pause(): void; resume(): void } };
    ws.pause();
    // What can be compressed would never fill the connection.
    const noise = (): string => randomBytes(3_000).toString("base64");
    const messages = await fillUntil(room, () => realtime.counters.slow === 1, noise);
    for (let value = 4; value <= 100; value++) realtime.broadcastMarketUpdate({ indexValue: value });
    ws.resume();
    await until(() => received.length >= 3 + messages + 1, "it has caught up");
    await until(() => realtime.counters.slow === 0, "it is not slow any more");
    realtime.broadcastMarketUpdate({ indexValue: 101 });
    realtime.broadcastMarketUpdate({ indexValue: 102 });
    await until(() => received.length >= 3 + messages + 3, "it goes on");
    const values = received.flatMap(([, payload]) => (payload as { indexValue?: number }).indexValue ?? []);
    expect(values).toEqual([1, 2, 3, 100, 101, 102]);
    expect(realtime.counters.compression).toMatchObject({ shared: 1 });
    expect(client.connected).toBe(true);
  });

  test("gets every message and the latest of everything else once it reads again; others get it all", async () => {
    await using room = await openRoom({ slow: { hardBacklogBytesMax: 0, slowMsMax: 0 } });
    const { realtime } = room;
    const healthy = record(await room.connect());
    const slow = await RawClient.join(room.port);
    slow.socket.pause();
    const messages = await fillUntil(room, () => realtime.counters.slow === 1);
    for (let value = 0; value < 100; value++) {
      realtime.batch(() => {
        for (const sectorId of ["a-1", "b-2"]) realtime.broadcastMarketUpdate({ sectorId, value });
        realtime.broadcastMarketUpdate({ indexValue: value });
        realtime.broadcastMarketUpdate({ sectorId: "a-1", indexValue: value });
        realtime.broadcastAgentStatusUpdate({ agentId: "agent-1", status: `status-${value}` });
        realtime.broadcastSectorCandleUpdate(candle(Math.floor(value / 50), value));
      });
    }
    expect(realtime.counters.conflated).toEqual({
      "agent:status_update": 99,
      "market:update": 396,
      "sector:candle_update": 98,
    });
    await until(() => healthy.length === messages + 600, "the healthy client has everything");

    slow.socket.resume();
    await until(() => slow.texts.length >= messages + 7, "the slow client has caught up");
    expect(realtime.counters.slow).toBe(0);
    realtime.broadcastMarketUpdate({ indexValue: 1_000 });
    await until(() => slow.texts.length >= messages + 8, "the next broadcast is there");
    const events = slow.events();
    const said = events.slice(0, messages).map(([, payload]) => (payload as { message: { id: string } }).message.id);
    expect(said).toEqual(Array.from({ length: messages }, (_, index) => `msg-${index}`));
    expect(events.slice(messages)).toEqual([
      ["sector:candle_update", candle(0, 49)],
      ["market:update", { sectorId: "a-1", value: 99, timestamp }],
      ["market:update", { sectorId: "b-2", value: 99, timestamp }],
      ["market:update", { indexValue: 99, timestamp }],
      ["market:update", { sectorId: "a-1", indexValue: 99, timestamp }],
      ["agent:status_update", { agentId: "agent-1", status: "status-99" }],
      ["sector:candle_update", candle(1, 99)],
      ["market:update", { indexValue: 1_000, timestamp }],
    ]);
    slow.socket.destroy();
  });

  test.each([
    ["backlogBytes", { hardBacklogBytesMax: 200_000 }],
    ["slowMs", { slowMsMax: 300, hardBacklogBytesMax: 0 }],
  ])("is closed at the hard limit, with a counted reason: %s", async (reason, policy) => {
    await using room = await openRoom({ slow: policy });
    const healthy = record(await room.connect());
    const slow = await RawClient.join(room.port);
    slow.socket.pause();
    const messages = await fillUntil(
      room,
      () => room.realtime.counters.slow === 1 || room.realtime.clientsCount() === 1,
    );
    if (reason === "backlogBytes") await fillUntil(room, () => room.realtime.clientsCount() === 1);
    await until(() => room.realtime.clientsCount() === 1, "the slow one is closed");
    expect(room.realtime.counters.slowClosed).toEqual({ [reason]: 1 });
    expect(room.realtime.counters.slow).toBe(0);
    await until(() => healthy.length >= messages, "the healthy client has everything");
    slow.socket.destroy();
  });

  test("holds no more of the server's memory than the hard limit and a few ticks", async () => {
    const limitBytes = 1_048_576;
    await using room = await openRoom({ slow: { hardBacklogBytesMax: limitBytes, softBacklogBytesMax: 0 } });
    const slow = await RawClient.join(room.port);
    slow.socket.pause();
    await fillUntil(room, () => room.realtime.clientsCount() === 0);
    const tickBytes = 100 * 4_200;
    expect(room.realtime.counters.backlogBytesMax).toBeGreaterThan(limitBytes);
    expect(room.realtime.counters.backlogBytesMax).toBeLessThan(limitBytes + 5 * tickBytes);
    slow.socket.destroy();
  });
});

test.each([["websocket"], ["polling"]])("a long catch-up in one go makes nobody slow (%s)", async (transport) => {
  await using room = await openRoom();
  const received = record(await room.connect({ transports: [transport] }));
  const count = 3_000;
  for (let value = 0; value < count; value++) {
    room.realtime.batch(() => {
      room.realtime.broadcastNewMessage({ discussionId: "disc-123", message: { id: `msg-${value}`, ...message } });
      room.realtime.broadcastMarketUpdate({ indexValue: value });
    });
  }
  await until(() => received.length === 2 * count, "all of it is there");
  expect(room.realtime.counters).toMatchObject({ conflated: {}, slowClosed: {}, slow: 0 });
});

test("with recovery on nothing is skipped: a slow subscriber goes on to the hard limit", async () => {
  await using room = await openRoom({ recovery: true, slow: { hardBacklogBytesMax: 400_000 } });
  const { realtime } = room;
  const slow = await RawClient.join(room.port);
  slow.socket.pause();
  await fillUntil(room, () => realtime.counters.slow === 1 || realtime.clientsCount() === 0);
  for (let value = 0; realtime.clientsCount() > 0; value++) {
    realtime.batch(() => Array.from({ length: 100 }, () => realtime.broadcastMarketUpdate({ indexValue: value })));
    await new Promise((resolve) => void setImmediate(resolve));
  }
  expect(realtime.counters).toMatchObject({ conflated: {}, slowClosed: { backlogBytes: 1 } });
  slow.socket.destroy();
});

test("a subscriber that leaves a ping unanswered gets the latest with its pong", async () => {
  await using room = await openRoom({ slow: { pongLagMsMax: 300 }, limits: { pingIntervalMs: 100 } });
  const { realtime } = room;
  const client = await RawClient.join(room.port);
  await client.takeText("2");
  await until(() => {
    realtime.broadcastMarketUpdate({ indexValue: 1 });
    return realtime.counters.slow === 1;
  }, "the ping is overdue");
  client.texts.length = 0;
  for (let value = 0; value < 10; value++) realtime.broadcastMarketUpdate({ indexValue: value });
  realtime.broadcastNewMessage({ discussionId: "disc-123", message: { id: "msg-1", ...message } });
  await until(() => client.events().length === 1, "the message is there");
  client.sendText("3");
  await until(() => client.events().length === 2, "the latest value is there");
  expect(client.events().map(([event]) => event)).toEqual(["discussion:new_message", "market:update"]);
  expect(client.events()[1]).toEqual(["market:update", { indexValue: 9, timestamp }]);
  client.socket.destroy();
});

test("a polling client is judged by how long it has not polled, not by the length of its queue", async () => {
  await using room = await openRoom({ slow: { pollIntervalMs: 150 } });
  const { realtime, url } = room;
  const base = `${url}/socket.io/?EIO=4&transport=polling`;
  const poll = async (sid: string) => (await (await fetch(`${base}&sid=${sid}`)).text()).split("\u001E");
  const [opening] = (await (await fetch(base)).text()).split("\u001E");
  const { sid } = JSON.parse(opening.slice(1)) as { sid: string };
  await fetch(`${base}&sid=${sid}`, { method: "POST", body: "40" });
  await poll(sid);

  // A long queue, put there at once: nothing is skipped.
  for (let value = 0; value < 500; value++) realtime.broadcastMarketUpdate({ indexValue: value });
  expect(realtime.counters.slow).toBe(0);
  expect(await poll(sid)).toHaveLength(500);

  realtime.broadcastMarketUpdate({ indexValue: 1 });
  await until(() => {
    realtime.broadcastMarketUpdate({ indexValue: 2 });
    return realtime.counters.slow === 1;
  }, "the first event has waited for too long");
  for (let value = 0; value < 10; value++) realtime.broadcastMarketUpdate({ indexValue: value });
  expect(realtime.counters.conflated["market:update"]).toBe(10);
  await poll(sid);
  expect(await poll(sid)).toEqual([`42["market:update",{"indexValue":9,"timestamp":"${timestamp}"}]`]);
  expect(realtime.counters.slow).toBe(0);
});
