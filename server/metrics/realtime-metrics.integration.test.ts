import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { openRoom } from "../realtime/realtime.fixture.js";
import { registerMetrics } from "./realtime-metrics.js";

test("a scrape reads every counter", async () => {
  await using room = await openRoom();
  const unread = new Set(Object.keys(room.realtime.counters));
  const counters = new Proxy(room.realtime.counters, {
    get(counts, name) {
      unread.delete(String(name));
      return Reflect.get(counts, name) as unknown;
    },
  });
  const registry = new Registry();
  const stop = registerMetrics(registry, { counters });
  await registry.metrics();
  stop();
  expect([...unread], "add it to a table in server/metrics/realtime-metrics.ts").toEqual([]);
});

test("a scrape tells what the room has counted, twice the same", async () => {
  await using room = await openRoom();
  await room.connect();
  room.realtime.broadcastMarketUpdate({ indexValue: 1 });
  await fetch(`${room.url}/socket.io/?EIO=3&transport=polling`);
  const registry = new Registry();
  const stop = registerMetrics(registry, room.realtime);
  await registry.metrics();
  const text = await registry.metrics();
  stop();
  for (const line of [
    'max_connections{transport="websocket"} 1',
    'max_connections{transport="polling"} 0',
    'max_events_total{event="market:update"} 1',
    'max_deliveries_total{event="market:update"} 1',
    'max_handshakes_refused_total{reason="protocolVersion"} 1',
    "max_batches_total 1",
    "max_connections_opened_total 1",
    "max_slow_subscribers 0",
    'max_compression_connections{state="waiting"} 1',
    'max_compression_connections{state="shared"} 0',
  ]) {
    expect(text.split("\n")).toContain(line);
  }
  expect(text).toMatch(/max_event_loop_delay_seconds\{quantile="0.99"\} \d/);
});
