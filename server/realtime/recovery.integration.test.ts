/** A client whose connection broke gets what it missed from the same process, or from another one with the same log. */
import type { Socket } from "socket.io-client";
import { expect, test } from "vitest";
import type { ContractEvent } from "../../schemas/index.js";
import { RawClient } from "./raw-client.fixture.js";
import { type RecoverySource, createLocalSource } from "./recovery.js";
import { type TestRoom, openRoom, record, until } from "./realtime.fixture.js";

function eventOf(indexValue: number): ContractEvent {
  return { event: "market:update", payload: { indexValue, timestamp: "2025-01-15T10:30:00.000Z" } };
}

function indexValues(received: readonly unknown[][]): number[] {
  return received.map(([, payload]) => (payload as { indexValue: number }).indexValue);
}

/** Breaks the connection of a client, whose next one is to another process. */
function move(client: Socket, to: TestRoom): void {
  (client.io as unknown as { uri: string }).uri = to.url;
  client.io.engine.close();
}

/** Two processes with one log: what is published is broadcast by both. */
async function openTwo(other: Partial<RecoverySource> = {}) {
  const source = createLocalSource();
  const near = await openRoom({ recovery: true, recoverySource: source });
  const far = await openRoom({ recovery: true, recoverySource: { ...source, ...other } });
  return {
    near,
    far,
    publish(name: string, ...values: number[]) {
      for (const { realtime } of [near, far]) realtime.publishAs(values.map(eventOf), name);
    },
    async [Symbol.asyncDispose]() {
      await near[Symbol.asyncDispose]();
      await far[Symbol.asyncDispose]();
    },
  };
}

test.each(["websocket", "polling"])(
  "a client that comes back to another process gets what it missed (%s)",
  async (transport) => {
    await using both = await openTwo();
    const { near, far, publish } = both;
    const client = await near.connect({ transports: [transport] });
    const received = record(client);
    publish("t1", 0, 1);
    await until(() => received.length === 2, "the first are there");
    const { id } = client;
    move(client, far);
    await until(() => near.realtime.clientsCount() === 0, "the connection is gone");
    publish("c1", 2);
    publish("t2", 3, 4);
    client.connect();
    await until(() => client.connected, "it is back");
    publish("t3", 5);
    await until(() => received.length === 6, "everything is there");
    expect(indexValues(received)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(received.map((args) => args.at(-1))).toEqual(["t1.0", "t1.1", "c1.0", "t2.0", "t2.1", "t3.0"]);
    expect({ recovered: client.recovered, id: client.id }).toEqual({ recovered: true, id });
    expect(far.realtime.counters).toMatchObject({ recovered: 1, recoveriesRefused: {} });
  },
);

test("a break that the server has not noticed is one, too: the connection of before ends", async () => {
  await using room = await openRoom({ recovery: true });
  const lost = await RawClient.open(room.port);
  lost.sendText("40");
  const { pid } = JSON.parse((await lost.takeText("40")).slice(2)) as { pid: string };
  room.realtime.publishAs([eventOf(0)], "t1");
  await lost.takeText("42");
  const [before] = room.realtime.io.sockets.sockets.values();
  const back = await RawClient.open(room.port);
  back.sendText(`40${JSON.stringify({ pid, offset: "t1.0" })}`);
  await back.takeText("40");
  const [now] = room.realtime.io.sockets.sockets.values();
  expect([before.connected, now.id, room.realtime.io.sockets.sockets.size]).toEqual([false, before.id, 1]);
  room.realtime.publishAs([eventOf(1)], "t2");
  expect(await back.takeText("42")).toContain('"t2.0"');
  await until(() => room.realtime.clientsCount() === 1, "the connection of before is gone");
  room.realtime.publishAs([eventOf(2)], "t3");
  expect(await back.takeText("42")).toContain('"t3.0"');
  expect(lost.texts.filter((text) => text.startsWith("42"))).toEqual([]);
  back.socket.destroy();
});

test("of two that come back with one session and one offset to two processes, one is recovered", async () => {
  await using both = await openTwo();
  const { near, far, publish } = both;
  const client = await near.connect();
  const received = record(client);
  publish("t1", 0);
  await until(() => received.length === 1, "the first is there");
  const { _pid: pid, _lastOffset: offset } = client as unknown as { _pid: string; _lastOffset: string };
  client.disconnect();
  const back = await Promise.all([near, far].map((room) => room.connect({ auth: { pid, offset } })));
  const pids = back.map((one) => (one as unknown as { _pid: string })._pid);
  expect(pids.filter((one) => one === pid)).toHaveLength(1);
  const refused = [near, far].map(({ realtime }) => realtime.counters.recoveriesRefused);
  expect(refused).toEqual(expect.arrayContaining([{}, { used: 1 }]));
  // The break of the one that was recovered is another one, though it has had nothing since.
  const winner = pids.indexOf(pid);
  back[winner].disconnect();
  await until(() => [near, far][winner].realtime.clientsCount() === 0, "it is gone");
  const again = await far.connect({ auth: { pid, offset } });
  expect((again as unknown as { _pid: string })._pid).toBe(pid);
});

const away = () => Promise.reject(new Error("away"));

test.each([
  ["session", { secret: () => "another" }, "t1"],
  ["offset", {}, "t7"],
  ["used", { claims: { take: () => Promise.resolve(false), release() {} } }, "t1"],
  ["unavailable", { caughtUp: away }, "t1"],
  ["unavailable", { claims: { take: away, release() {} } }, "t1"],
])("a client that cannot be recovered starts anew, counted as %s", async (reason, other, farName) => {
  await using both = await openTwo(other);
  const { near, far } = both;
  const client = await near.connect();
  const received = record(client);
  near.realtime.publishAs([eventOf(0)], "t1");
  far.realtime.publishAs([eventOf(0)], farName);
  await until(() => received.length === 1, "the first is there");
  move(client, far);
  await until(() => near.realtime.clientsCount() === 0, "the connection is gone");
  far.realtime.publishAs([eventOf(1)], "t8");
  client.connect();
  await until(() => client.connected, "it is back");
  far.realtime.publishAs([eventOf(2)], "t9");
  await until(() => received.length === 2, "it goes on");
  expect(indexValues(received)).toEqual([0, 2]);
  expect(client.recovered).toBe(false);
  expect(far.realtime.counters).toMatchObject({ recovered: 0, recoveriesRefused: { [reason]: 1 } });
});

test("more than a subscriber may have waiting is not sent: the client starts anew", async () => {
  await using room = await openRoom({ recovery: true, slow: { hardBacklogBytesMax: 1000 } });
  const client = await room.connect();
  const received = record(client);
  room.realtime.publishAs([eventOf(0)], "t1");
  await until(() => received.length === 1, "the first is there");
  client.io.engine.close();
  await until(() => room.realtime.clientsCount() === 0, "the connection is gone");
  room.realtime.publishAs(
    Array.from({ length: 20 }, (_, at) => eventOf(at)),
    "t2",
  );
  client.connect();
  await until(() => client.connected, "it is back");
  expect(client.recovered).toBe(false);
  expect(room.realtime.counters.recoveriesRefused).toEqual({ tooMuch: 1 });
});

test("what application code emits past the contract leaves the client at its place", async () => {
  await using room = await openRoom({ recovery: true });
  const client = await room.connect();
  const received = record(client);
  const emit = (text: string) => (room.realtime.io as unknown as { emit(...args: unknown[]): void }).emit("note", text);
  room.realtime.publishAs([eventOf(0), eventOf(1)], "t1");
  emit("said");
  await until(() => received.length === 3, "it is there");
  expect(received.at(-1)).toEqual(["note", "said", "t1.1"]);
  client.io.engine.close();
  await until(() => room.realtime.clientsCount() === 0, "the connection is gone");
  room.realtime.publishAs([eventOf(2)], "t2");
  client.connect();
  await until(() => received.length === 4, "it has what it missed");
  expect(received.at(-1)?.at(-1)).toBe("t2.0");
});

test.each(["batched", "stock"] as const)(
  "with recovery on a client that lost its connection gets what it missed (%s)",
  async (fanout) => {
    await using room = await openRoom({ recovery: true, fanout });
    const { realtime } = room;
    const client = await room.connect();
    const received = record(client);
    realtime.broadcastMarketUpdate({ indexValue: 0 });
    await until(() => received.length === 1, "the first is there");
    client.io.engine.close();
    await until(() => realtime.clientsCount() === 0, "the connection is gone");
    realtime.batch(() => {
      for (let indexValue = 1; indexValue < 20; indexValue++) realtime.broadcastMarketUpdate({ indexValue });
    });
    client.connect();
    await until(() => client.connected, "it is back");
    expect(client.recovered).toBe(true);
    realtime.broadcastMarketUpdate({ indexValue: 20 });
    await until(() => received.length >= 21, "everything is there");
    expect(received.map(([, payload]) => (payload as { indexValue: number }).indexValue)).toEqual(
      Array.from({ length: 21 }, (_, index) => index),
    );
  },
);
