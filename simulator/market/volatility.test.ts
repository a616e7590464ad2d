/** The parts of the volatility follow their laws. Bounds are five standard errors for the seed at hand. */
import { expect, test } from "vitest";
import { completeScenario } from "../scenario/complete.js";
import { createStream } from "../random/stream.js";
import { shipped } from "../world/world.fixture.js";
import { activityAt, tabulateIntraday } from "./intraday.js";
import { Jumps } from "./jumps.js";
import { LogVolatility } from "./log-volatility.js";
import { Regime, type RegimeName } from "./regime.js";

const { market } = shipped("trading-day");

test("the intraday shape has a mean square of 1, a lively open and a livelier close than noon", () => {
  const table = tabulateIntraday(market.intraday);
  expect(table.reduce((sum, level) => sum + level * level, 0) / table.length).toBeCloseTo(1, 12);
  expect(activityAt(table, 0)).toBeGreaterThan(2 * activityAt(table, 0.5));
  expect(activityAt(table, 0.999999)).toBeGreaterThan(1.2 * activityAt(table, 0.5));
});

test("the logarithm of volatility has the variance and the memory of its scales", () => {
  const volatility = new LogVolatility([{ tauMinutes: 10, variance: 0.09 }], createStream("1", "test", "a", "v"));
  const values = Array.from({ length: 100_000 }, () => {
    volatility.step();
    return volatility.value;
  });
  const covariance = (lag: number) =>
    values.slice(lag).reduce((sum, value, n) => sum + value * values[n], 0) / (values.length - lag);
  // One independent value for each 2 tau.
  const error = 0.09 * Math.sqrt(2 / (values.length / 20));
  expect(Math.abs(covariance(0) - 0.09)).toBeLessThan(5 * error);
  expect(Math.abs(covariance(10) - 0.09 * Math.exp(-1))).toBeLessThan(5 * error);
});

test("with leverage a falling price raises volatility", () => {
  const volatility = new LogVolatility([{ tauMinutes: 10, variance: 0.09 }], createStream("1", "test", "a", "v"));
  const shocks = createStream("1", "test", "a", "shocks");
  let sum = 0;
  for (let minute = 0; minute < 20_000; minute++) {
    const before = volatility.value;
    const shock = shocks.normal();
    volatility.step(-0.6, shock);
    sum += shock * (volatility.value - before);
  }
  const kick = Math.sqrt(0.09 * (1 - Math.exp(-0.2)));
  expect(sum / 20_000 / kick).toBeCloseTo(-0.6, 1);
});

test("jumps come as often as their law says, and one draws others after it", () => {
  const law = { perDay: 4, branching: 0.3, decayMinutes: 20, upShare: 0.4, upMean: 0.002, downMean: 0.0025 };
  const jumps = new Jumps(law, createStream("1", "test", "a", "jumps"));
  const days = 4000;
  const sizes: number[] = [];
  for (let minute = 0; minute < days * 390; minute++) {
    jumps.planMinute(minute * 60);
    const size = jumps.take((minute + 1) * 60);
    if (size !== 0) sizes.push(size);
  }
  const expected = (days * law.perDay) / (1 - law.branching);
  expect(Math.abs(sizes.length - expected)).toBeLessThan(5 * (Math.sqrt(expected) / (1 - law.branching)));
  const ups = sizes.filter((size) => size > 0);
  expect(Math.abs(ups.length / sizes.length - 0.4)).toBeLessThan(5 * Math.sqrt(0.24 / sizes.length));
  const mean = ups.reduce((sum, size) => sum + size, 0) / ups.length;
  expect(Math.abs(mean / law.upMean - 1)).toBeLessThan(5 / Math.sqrt(ups.length));
  const drift = sizes.reduce((sum, size) => sum + size, 0) / (days * 23_400);
  expect(Math.abs(drift / jumps.driftPerSecond - 1)).toBeLessThan(0.2);
});

test("a jump fires in the step that covers its second, once", () => {
  const law = { perDay: 40_000, branching: 0, decayMinutes: 1, upShare: 1, upMean: 0.01, downMean: 0.01 };
  const jumps = new Jumps(law, createStream("1", "test", "a", "jumps"));
  jumps.planMinute(600);
  const { atSeconds } = jumps.snapshot();
  expect(atSeconds).not.toBeNull();
  const fired = Array.from({ length: 240 }, (_, n) => [600 + n / 4, jumps.take(600 + (n + 1) / 4)]).filter(
    ([, size]) => size !== 0,
  );
  expect(fired).toHaveLength(1);
  expect(fired[0][0]).toBe(Math.floor((atSeconds ?? 0) * 4) / 4);
});

test("regimes last as long as their law says, and change only where they may", () => {
  const law = { ...market.regimes, calmMeanDays: 0.1, normalMeanDays: 0.2, stressMeanDays: 0.05 };
  const regime = new Regime(law, createStream("1", "test", "a", "regime"));
  const minutes: Record<RegimeName, number> = { calm: 0, normal: 0, stress: 0 };
  const visits: Record<RegimeName, number> = { calm: 0, normal: 0, stress: 0 };
  for (let minute = 0; minute < 400_000; minute++) {
    const before = regime.name;
    regime.stepMinute();
    minutes[regime.name] += 1;
    if (regime.name !== before) visits[regime.name] += 1;
  }
  for (const name of ["calm", "normal", "stress"] as const) {
    // The spread of a dwell time is about its mean.
    const meanDays = minutes[name] / visits[name] / 390;
    expect(Math.abs(meanDays / law[`${name}MeanDays`] - 1)).toBeLessThan(5 / Math.sqrt(visits[name]));
  }
  const fixed = new Regime({ ...law, changing: false, initial: "calm" }, createStream("1", "test", "b", "regime"));
  for (let minute = 0; minute < 1000; minute++) fixed.stepMinute();
  expect(fixed.name).toBe("calm");
});

test("the market's parameters are those of the standard", () => {
  const { volatilityScales, jumps } = completeScenario({ name: "a", title: "A", description: "A" }).market;
  expect(volatilityScales.reduce((sum, { variance }) => sum + variance, 0)).toBeCloseTo(0.3, 12);
  expect(jumps).toMatchObject({ marketPerDay: 0.4, branching: 0.3, sectorPerDay: 0.3 });
});
