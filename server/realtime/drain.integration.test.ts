import { expect, test } from "vitest";
import { drainConnections } from "./drain.js";
import type { EngineConnection } from "./internals.js";
import { openRoom, record } from "./realtime.fixture.js";

const clientCount = 20;

test("closing lets clients go one by one within the budget, and they see a transport close", async () => {
  await using room = await openRoom();
  const clients = await Promise.all(
    Array.from({ length: clientCount }, (_, index) =>
      room.connect({ transports: [index % 4 === 0 ? "polling" : "websocket"] }),
    ),
  );
  const received = clients.map(record);
  const departures: { reason: string; atMs: number; transport: string }[] = [];
  for (const client of clients) {
    const transport = client.io.engine.transport.name;
    client.on("disconnect", (reason) => void departures.push({ reason, atMs: performance.now(), transport }));
  }
  room.realtime.broadcastMarketUpdate({ indexValue: 1 });
  const budgetMs = 600;
  const closed = room.realtime.close(budgetMs);
  await expect(room.connect()).rejects.toThrow("websocket error");
  await closed;
  await expect.poll(() => departures.length).toBe(clientCount);

  expect(new Set(departures.filter(({ transport }) => transport === "websocket").map(({ reason }) => reason))).toEqual(
    new Set(["transport close"]),
  );
  expect(departures.every(({ reason }) => reason !== "io server disconnect")).toBe(true);
  expect(departures.at(-1)!.atMs - departures[0].atMs).toBeGreaterThan(budgetMs / 4);
  expect(received.every((events) => events.length === 1)).toBe(true);
  expect(room.realtime.clientsCount()).toBe(0);
  expect(room.realtime.counters.handshakesRefused).toEqual({ draining: 1 });
});

test.each([
  ["costs nothing", 0],
  ["is slow", 2],
  ["takes longer than there is time", 9],
])("the budget is the clock's, also when closing a connection %s", async (_case, closingMs) => {
  const budgetMs = 1_000;
  let nowMs = 0;
  const goneAtMs: number[] = [];
  const open = new Set<EngineConnection>();
  for (let index = 0; index < 300; index++) {
    const conn = {
      transport: { name: "polling", writable: true },
      close() {
        nowMs += closingMs;
        goneAtMs.push(nowMs);
        open.delete(conn);
      },
    } as unknown as EngineConnection;
    open.add(conn);
  }
  await drainConnections({
    connections: () => [...open],
    budgetMs,
    random: Math.random,
    nowMs: () => nowMs,
    pause: async (ms) => void (nowMs += ms),
  });
  expect(goneAtMs).toHaveLength(300);
  // Closing itself cannot be hurried: only what it takes may go beyond the budget.
  expect(nowMs).toBeLessThanOrEqual(Math.max(budgetMs, 300 * closingMs));
  expect(goneAtMs.at(-1)! - goneAtMs[0]).toBeGreaterThan(budgetMs / 2);
});

test("a suspended room closes its connections and refuses new ones, until it resumes", async () => {
  await using room = await openRoom();
  const reasons: string[] = [];
  const client = await room.connect();
  client.on("disconnect", (reason) => void reasons.push(reason));
  const suspended = room.realtime.suspend(600);
  await expect(room.connect()).rejects.toThrow("websocket error");
  const response = await fetch(`${room.url}/socket.io/?EIO=4&transport=polling`);
  expect([response.status, response.headers.has("retry-after")]).toEqual([503, true]);
  room.realtime.resume();
  const late = await room.connect();
  await suspended;
  await expect.poll(() => reasons).toEqual(["transport close"]);
  expect(late.connected).toBe(true);
  expect(room.realtime.isDraining).toBe(false);
  expect(room.realtime.counters.handshakesRefused).toEqual({ suspended: 2 });
});

test("closing with no budget closes at once, and twice is once", async () => {
  await using room = await openRoom();
  await room.connect();
  await room.connect({ transports: ["polling"] });
  const [first, second] = [room.realtime.close(0), room.realtime.close(10_000)];
  await Promise.all([first, second]);
  await expect.poll(() => room.realtime.clientsCount()).toBe(0);
});

test("a room that never answered can be closed", async () => {
  const { createRealtime } = await import("./index.js");
  const { createServer } = await import("node:http");
  await createRealtime({ httpServer: createServer(), nowMs: () => 0 }).close(100);
});
