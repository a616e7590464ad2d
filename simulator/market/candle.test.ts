import fc from "fast-check";
import { expect, test } from "vitest";
import { intervalMsOf } from "../../schemas/index.js";
import { type Bucket, rollUp } from "./roll-up.js";
import type { ClosedCandle, TickBatch } from "../core/types.js";
import { openWorld, runTicks, smallScenario } from "../world/world.fixture.js";
import { RunningCandle, closesBucket } from "./candle.js";

const anyTickMs = fc.constantFrom(100, 250, 300, 700, 999, 1000);
const anyStart = fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 });

function closedOf(batches: readonly TickBatch[], sectorId: string, interval: ClosedCandle["interval"]): ClosedCandle[] {
  return batches.flatMap(({ closedCandles }) =>
    closedCandles.filter((candle) => candle.sectorId === sectorId && candle.interval === interval),
  );
}

function quotesOf(batches: readonly TickBatch[], sectorId: string): { atMs: number; value: number }[] {
  return batches.flatMap(({ atMs, events }) =>
    events.flatMap(({ event, entity, payload }) =>
      event === "market:update" && entity === sectorId && "value" in payload
        ? [{ atMs, value: payload.value ?? 0 }]
        : [],
    ),
  );
}

test("candles hold what the ticks say, whatever tick and start, and a roll-up equals the direct build", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 5 }), anyTickMs, anyStart, (seed, tickMs, startMs) => {
      const world = openWorld(seed, { ...smallScenario(), start: new Date(startMs).toISOString() }, tickMs);
      const first = world.sector("tech-001")?.value ?? 0;
      const batches = runTicks(world, Math.floor(400_000 / tickMs));
      const quotes = [{ atMs: startMs, value: first }, ...quotesOf(batches, "tech-001")];
      const direct = (intervalMs: number) => build(quotes, intervalMs, startMs);
      const bare = ({ timestampMs, open, high, low, close }: Bucket) => ({ timestampMs, open, high, low, close });
      const seconds = closedOf(batches, "tech-001", "1s").map(bare);
      const minutes = closedOf(batches, "tech-001", "1m").map(bare);
      expect(seconds).toEqual(direct(1000).slice(0, seconds.length));
      expect(minutes).toEqual(direct(60_000).slice(0, minutes.length));
      expect(rollUp(seconds, 60_000).slice(0, minutes.length)).toEqual(minutes);
      const fives = rollUp(minutes, intervalMsOf["5m"]);
      expect(fives.slice(0, -1)).toEqual(direct(intervalMsOf["5m"]).slice(0, fives.length - 1));
    }),
    { numRuns: 12 },
  );
});

/** Candles made from quotes, slowly and plainly. A bucket opens with the last quote before it. */
function build(quotes: readonly { atMs: number; value: number }[], intervalMs: number, startMs: number): Bucket[] {
  const buckets = new Map<number, number[]>();
  for (const [position, { atMs, value }] of quotes.entries()) {
    if (atMs === startMs) continue;
    const timestampMs = Math.floor(atMs / intervalMs) * intervalMs;
    const values = buckets.get(timestampMs) ?? [quotes[position - 1].value];
    buckets.set(timestampMs, [...values, value]);
  }
  return [...buckets].map(([timestampMs, values]) => ({
    timestampMs,
    open: values[0],
    high: Math.max(...values),
    low: Math.min(...values),
    close: values[values.length - 1],
  }));
}

test("a candle's last update leaves inside its minute and carries its final values", () => {
  const batches = runTicks(openWorld("9", smallScenario(), 700), 600);
  const last = new Map<string, unknown>();
  for (const { atMs, events } of batches) {
    for (const { event, payload } of events) {
      if (event !== "sector:candle_update" || !("candle" in payload) || payload.sectorId !== "tech-001") continue;
      const { timestamp } = payload.candle;
      expect(Math.floor(atMs / 60_000) * 60_000).toBe(Date.parse(timestamp));
      expect(payload.candle.value).toBe(payload.candle.close);
      last.set(timestamp, payload.candle);
    }
  }
  for (const { timestampMs, open, high, low, close } of closedOf(batches, "tech-001", "1m")) {
    const timestamp = new Date(timestampMs).toISOString();
    expect(last.get(timestamp)).toEqual({ timestamp, value: close, open, high, low, close });
  }
});

test("the running candle is there from its first tick until it closes", () => {
  const world = openWorld("9", { ...smallScenario(), start: "2026-01-05T14:30:00.000Z" });
  expect(world.openCandle("tech-001", "1m")).toBeUndefined();
  runTicks(world, 1);
  expect(world.openCandle("tech-001", "1m")).toMatchObject({ open: 1250.5, interval: "1m" });
  expect(world.openCandle("none-001", "1m")).toBeUndefined();
  runTicks(world, 238);
  expect(world.openCandle("tech-001", "1m")).toBeUndefined();
  runTicks(world, 1);
  expect(world.openCandle("tech-001", "1m")?.timestampMs).toBe(world.startMs + 60_000);
});

test("a bucket is closed by exactly one tick", () => {
  fc.assert(
    fc.property(anyTickMs, anyStart, (tickMs, startMs) => {
      let closings = 0;
      for (let tick = 1; tick <= 1000; tick++) if (closesBucket(startMs + tick * tickMs, tickMs, 60_000)) closings += 1;
      expect(closings).toBe(Math.floor((startMs + 1001 * tickMs) / 60_000) - Math.floor((startMs + tickMs) / 60_000));
    }),
  );
});

test("a price that does not move makes a flat candle", () => {
  const candle = new RunningCandle(60_000);
  for (let atMs = 0; atMs < 60_000; atMs += 250) candle.add(atMs, 100, 100);
  expect(candle.snapshot()).toEqual([0, 100, 100, 100, 100]);
});

test("a roll-up leaves out what is not there", () => {
  const at = (minute: number, price: number): Bucket => ({
    timestampMs: minute * 60_000,
    open: price,
    high: price + 1,
    low: price - 1,
    close: price,
  });
  expect(rollUp([at(3, 10), at(4, 12), at(16, 20)], intervalMsOf["5m"])).toEqual([
    { timestampMs: 0, open: 10, high: 13, low: 9, close: 12 },
    { timestampMs: 900_000, open: 20, high: 21, low: 19, close: 20 },
  ]);
  expect(rollUp([], 60_000)).toEqual([]);
});
