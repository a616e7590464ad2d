/** How a batch leaves: one write for a WebSocket, one response for a polling client, and nothing lost beside it. */
import type { Socket } from "socket.io";
import { describe, expect, test } from "vitest";
import { RawClient } from "./raw-client.fixture.js";
import { type TestRoom, openRoom, record, until } from "./realtime.fixture.js";

/** The namespace, for events that are not in the contract. */
interface AnyEmitter {
  emit(event: string, ...args: unknown[]): unknown;
  readonly volatile: AnyEmitter;
}

function anything(room: TestRoom): AnyEmitter {
  return room.realtime.io.sockets;
}

function serverSocket(room: TestRoom): Socket & AnyEmitter {
  const [socket] = room.realtime.io.sockets.sockets.values();
  return socket;
}

const index = (indexValue: number) => ({ indexValue });

describe("a batch", () => {
  test("leaves as one write for a WebSocket subscriber, a frame for each event", async () => {
    await using room = await openRoom();
    const client = await RawClient.join(room.port);
    const chunks: Buffer[] = [];
    client.socket.on("data", (bytes) => void chunks.push(bytes));
    room.realtime.batch(() => {
      for (let value = 0; value < 12; value++) room.realtime.broadcastMarketUpdate(index(value));
    });
    await until(() => client.texts.length === 12, "all twelve are there");
    expect(chunks).toHaveLength(1);
    expect(room.realtime.counters).toMatchObject({
      batches: 1,
      events: { "market:update": 12 },
      deliveries: { "market:update": 12 },
    });
    client.socket.destroy();
  });

  test("leaves as one response for a polling client", async () => {
    await using room = await openRoom();
    const base = `${room.url}/socket.io/?EIO=4&transport=polling`;
    const opening = await (await fetch(base)).text();
    const { sid } = JSON.parse(opening.slice(1)) as { sid: string };
    await fetch(`${base}&sid=${sid}`, { method: "POST", body: "40" });
    await fetch(`${base}&sid=${sid}`);
    const answer = fetch(`${base}&sid=${sid}`);
    const [conn] = Object.values(
      (room.realtime.io.engine as unknown as { clients: Record<string, { transport: { writable: boolean } }> }).clients,
    );
    await until(() => conn.transport.writable, "the poll is open");
    room.realtime.batch(() => {
      for (let value = 0; value < 12; value++) room.realtime.broadcastMarketUpdate(index(value));
    });
    expect((await (await answer).text()).split("\u001E")).toHaveLength(12);
  });

  test("inside a batch is part of it", async () => {
    await using room = await openRoom();
    const { realtime } = room;
    realtime.batch(() => {
      realtime.batch(() => realtime.broadcastMarketUpdate(index(1)));
      realtime.broadcastMarketUpdate(index(2));
    });
    expect(realtime.counters.batches).toBe(1);
  });

  test("that throws half-way sends what was broadcast before, and throws on", async () => {
    await using room = await openRoom();
    const received = record(await room.connect());
    const failing = () =>
      room.realtime.batch(() => {
        room.realtime.broadcastMarketUpdate(index(1));
        throw new Error("half-way");
      });
    expect(failing).toThrow("half-way");
    room.realtime.broadcastMarketUpdate(index(2));
    await until(() => received.length === 2, "both are there");
    expect(received.map(([, payload]) => payload)).toMatchObject([index(1), index(2)]);
  });

  test("without a broadcast sends nothing", async () => {
    await using room = await openRoom();
    room.realtime.batch(() => {});
    expect(room.realtime.counters.batches).toBe(0);
  });
});

describe("what else is sent keeps its place:", () => {
  test("volatile events reach a healthy client, each of them", async () => {
    await using room = await openRoom();
    const received = record(await room.connect());
    room.realtime.batch(() => {
      room.realtime.broadcastMarketUpdate(index(1));
      anything(room).volatile.emit("volatile", 2);
      room.realtime.broadcastMarketUpdate(index(3));
    });
    await until(() => received.length === 3, "all three are there");
    expect(received.map(([event]) => event)).toEqual(["market:update", "volatile", "market:update"]);
  });

  test("a broadcast made by a listener waits until everybody has the batch", async () => {
    await using room = await openRoom();
    const first = record(await room.connect());
    const second = record(await room.connect());
    serverSocket(room).onAnyOutgoing((event: string) => {
      if (event === "market:update") anything(room).emit("echo");
    });
    room.realtime.broadcastMarketUpdate(index(1));
    await until(() => first.length === 2 && second.length === 2, "both have both");
    for (const received of [first, second]) expect(received.map(([event]) => event)).toEqual(["market:update", "echo"]);
  });

  test("what a listener of outgoing events sends directly comes after the batch", async () => {
    await using room = await openRoom();
    const received = record(await room.connect());
    const socket = serverSocket(room);
    socket.onAnyOutgoing((event: string) => {
      if (event === "market:update") socket.emit("echo");
    });
    room.realtime.broadcastMarketUpdate(index(1));
    await until(() => received.length === 2, "both are there");
    expect(received.map(([event]) => event)).toEqual(["market:update", "echo"]);
  });

  test("what is sent directly because somebody was closed amid a batch comes after that batch", async () => {
    await using room = await openRoom({ slow: { hardBacklogBytesMax: 1_000, softBacklogBytesMax: 0 } });
    const base = `${room.url}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(base)).text()).slice(1)) as { sid: string };
    await fetch(`${base}&sid=${sid}`, { method: "POST", body: "40" });
    await until(() => room.realtime.io.sockets.sockets.size === 1, "the first subscriber has joined");
    const first = serverSocket(room);
    const received = record(await room.connect());
    const second = [...room.realtime.io.sockets.sockets.values()][1] as Socket & AnyEmitter;
    let sent = 0;
    const sentBefore: number[] = [];
    first.on("disconnect", () => {
      sentBefore.push(sent);
      second.emit("left");
    });
    // It does not poll, so its queue grows until it is closed.
    for (; sentBefore.length === 0; await new Promise((resolve) => void setImmediate(resolve))) {
      room.realtime.broadcastMarketUpdate(index((sent += 1)));
    }
    await until(() => received.some(([event]) => event === "left"), "it is told");
    expect(received.findIndex(([event]) => event === "left")).toBe(sentBefore[0]);
  });

  test("a socket that is disconnected in a batch has what was broadcast before", async () => {
    await using room = await openRoom();
    const client = await room.connect();
    const received = record(client);
    const reasons: string[] = [];
    client.on("disconnect", (reason) => void reasons.push(reason));
    room.realtime.batch(() => {
      room.realtime.broadcastMarketUpdate(index(1));
      serverSocket(room).disconnect();
      room.realtime.broadcastMarketUpdate(index(2));
    });
    await until(() => reasons.length === 1, "it is disconnected");
    expect(received.map(([, payload]) => payload)).toMatchObject([index(1)]);
  });

  test("listeners of outgoing events see every event of a batch", async () => {
    await using room = await openRoom();
    await room.connect();
    const seen: unknown[] = [];
    serverSocket(room).onAnyOutgoing((...args: unknown[]) => void seen.push(args));
    room.realtime.batch(() => [1, 2].forEach((value) => room.realtime.broadcastMarketUpdate(index(value))));
    expect(seen).toMatchObject([
      ["market:update", index(1)],
      ["market:update", index(2)],
    ]);
  });
});

test("another namespace has its own members and keeps the order", async () => {
  await using room = await openRoom();
  const other = room.realtime.io.of("/other") as unknown as AnyEmitter;
  const client = await room.connect();
  const elsewhere = client.io.socket("/other");
  const received: string[] = [];
  await new Promise<void>((resolve) => void elsewhere.once("connect", resolve));
  client.onAny((event: string) => void received.push(`/ ${event}`));
  elsewhere.onAny((event: string) => void received.push(`/other ${event}`));
  room.realtime.batch(() => {
    other.emit("a");
    room.realtime.broadcastMarketUpdate(index(1));
    other.emit("b");
    other.emit("c");
  });
  await until(() => received.length === 4, "all four are there");
  expect(received).toEqual(["/other a", "/ market:update", "/other b", "/other c"]);
});

test("two rooms live in one process and know nothing of each other", async () => {
  await using one = await openRoom();
  await using other = await openRoom();
  const received = record(await one.connect());
  other.realtime.broadcastMarketUpdate(index(2));
  one.realtime.broadcastMarketUpdate(index(1));
  await until(() => received.length === 1, "its own event is there");
  expect(received).toMatchObject([["market:update", index(1)]]);
  expect(other.realtime.counters.deliveries).toEqual({});
});
