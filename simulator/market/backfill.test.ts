import { expect, test } from "vitest";
import { openWorld, runTicks, smallScenario } from "../world/world.fixture.js";

test.each([1, 20, 0.5, 1.5])("24 hours of one-minute candles lead up to the first price (pace %d)", (pace) => {
  const world = openWorld("8", { ...smallScenario({ pace }), start: "2026-01-05T14:30:12.345Z" });
  const backfill = world.backfill();
  expect([...backfill.keys()]).toEqual(["energy-001", "tech-001", "util-001"]);
  for (const [sectorId, candles] of backfill) {
    expect(candles).toHaveLength(1440);
    expect(candles.at(-1)?.timestampMs).toBe(Date.parse("2026-01-05T14:29:00.000Z"));
    expect(candles.at(-1)?.close).toBe(world.sector(sectorId)?.value);
    for (const [position, candle] of candles.entries()) {
      const { open, high, low, close, timestampMs } = candle;
      expect(low).toBeLessThanOrEqual(Math.min(open, close));
      expect(high).toBeGreaterThanOrEqual(Math.max(open, close));
      expect(low).toBeGreaterThan(0);
      if (position > 0) {
        expect(open).toBe(candles[position - 1].close);
        expect(timestampMs).toBe(candles[position - 1].timestampMs + 60_000);
      }
    }
  }
});

test("a restored world has the same past, and the past of a sector is its own", () => {
  const scenario = smallScenario();
  const past = openWorld("8", scenario).backfill();
  const later = openWorld("8", scenario);
  runTicks(later, 10);
  expect(later.backfill()).toEqual(past);
  const fewer = { ...scenario, sectors: scenario.sectors.filter(({ id }) => id !== "util-001") };
  expect(openWorld("8", fewer).backfill().get("tech-001")).toEqual(past.get("tech-001"));
});

test("a candle of the past is about as long as one of the present", () => {
  const scenario = smallScenario({ calendar: { mode: "continuous" }, agents: [], discussions: [] });
  const long = (candles: readonly { high: number; low: number; open: number }[]) =>
    candles.reduce((sum, { high, low, open }) => sum + (high - low) / open, 0) / candles.length;
  const ratios = ["1", "2", "3", "4", "5"].map((seed) => {
    const world = openWorld(seed, scenario);
    const past = world.backfill().get("tech-001")?.slice(-60) ?? [];
    const present = runTicks(world, 60 * 240 - 1).flatMap(({ closedCandles }) =>
      closedCandles.filter(({ sectorId, interval }) => sectorId === "tech-001" && interval === "1m"),
    );
    return long(present) / long(past);
  });
  const middle = ratios.sort((a, b) => a - b)[2];
  expect(middle).toBeGreaterThan(0.7);
  expect(middle).toBeLessThan(1.4);
});
