/**
 * The 24 hours before the start: the market's own past, and candles so that a chart is never empty.
 *
 * The common factor is run forwards through them and the world starts from where it ends. A sector's own part is
 * made only when candles are asked for: its volatility without leverage has the same law in both directions, so it
 * is run backwards from the state that the sector starts with, and the price path is then shifted to join the
 * scenario's price. A step is at most one market minute; highs and lows inside a step are drawn from the law
 * of a Brownian bridge, so a coarse candle has wicks as long as a fine one.
 */
import type { ClosedCandle } from "../core/types.js";
import { instantMsMin } from "../../schemas/instant.js";
import { exp, log } from "../numeric/exp-log.js";
import { roundPrice } from "../numeric/price.js";
import { type Stream, createStream } from "../random/stream.js";
import type { CompleteMarket, CompleteScenario } from "../scenario/complete.js";
import { Jumps } from "./jumps.js";
import { LogVolatility } from "./log-volatility.js";
import { Market } from "./market.js";
import { type MarketWeather, Sector, ownVolatility, sectorJumpLaw, sectorTraits } from "./sector.js";
import { minuteSeconds, yearSeconds } from "./units.js";

const candleMs = 60_000;
const candles = 1440;

/** A market at the start, with its past behind it and the scenario's prices. */
export function openMarket(seed: string, scenario: CompleteScenario): Market {
  const market = new Market(seed, scenario, { factor: runFactor(seed, scenario).factor.snapshot() });
  market.begin(0);
  return market;
}

/** The candles of those 24 hours, by sector, oldest first; without those that a timestamp cannot name, before year 0. */
export function candlesBefore(seed: string, scenario: CompleteScenario, startMs: number): Map<string, ClosedCandle[]> {
  const past: PastStep[] = [];
  runFactor(seed, scenario, (step) => past.push(step));
  const firstMs = (Math.floor(startMs / candleMs) - candles) * candleMs;
  const sectors = scenario.sectors.map((sector) => new Sector(seed, scenario.market, sectorTraits(sector)));
  sectors.sort((a, b) => (a.id < b.id ? -1 : 1));
  return new Map(
    sectors.map((sector) => {
      const path = new SectorPast(seed, scenario.market, sector, past[0]!.toSeconds - past[0]!.fromSeconds);
      return [sector.id, path.build(past, firstMs)];
    }),
  );
}

/** One step of the common factor in the past. */
interface PastStep {
  readonly weather: MarketWeather;
  readonly candle: number;
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Annual volatility of the factor. */
  readonly annual: number;
  readonly move: number;
}

function runFactor(seed: string, scenario: CompleteScenario, observe?: (step: PastStep) => void): Market {
  // A market without sectors is the factor with its minutes and sessions.
  const market = new Market(seed, { ...scenario, sectors: [] });
  const candleSeconds = (candleMs / 1000) * scenario.pace;
  const stepsPerCandle = Math.max(1, Math.ceil(candleSeconds / minuteSeconds));
  const stepSeconds = candleSeconds / stepsPerCandle;
  const steps = candles * stepsPerCandle;
  market.factor.planMinute(-steps * stepSeconds);
  market.begin(-steps * stepSeconds);
  for (let step = 0; step < steps; step++) {
    const fromSeconds = (step - steps) * stepSeconds;
    const toSeconds = (step + 1 - steps) * stepSeconds;
    const { level, annual } = market.factor;
    const weather = observe && market.weather;
    market.step(fromSeconds, toSeconds);
    if (observe === undefined || weather === undefined) continue;
    const candle = Math.floor(step / stepsPerCandle);
    observe({ weather, candle, fromSeconds, toSeconds, annual, move: market.factor.level - level });
  }
  return market;
}

/** The path of one sector in log-price, as open, high, low and close of each candle. */
class SectorPast {
  readonly #sector: Sector;
  readonly #volatility: LogVolatility;
  readonly #jumps: Jumps;
  readonly #noise: Stream;
  readonly #wicks: Stream;
  readonly #highs = new Float64Array(candles).fill(-Infinity);
  readonly #lows = new Float64Array(candles).fill(Infinity);
  readonly #closes = new Float64Array(candles);

  constructor(seed: string, market: CompleteMarket, sector: Sector, stepSeconds: number) {
    const stream = (purpose: string) => createStream(seed, "sector", sector.id, `prologue ${purpose}`);
    this.#sector = sector;
    const scales = market.sectorVolatilityScales;
    const parts = sector.volatilityParts;
    this.#volatility = new LogVolatility(scales, stream("volatility"), parts, stepSeconds / minuteSeconds);
    this.#jumps = new Jumps(sectorJumpLaw(market), stream("jumps"));
    this.#noise = stream("price");
    this.#wicks = stream("wicks");
  }

  build(past: readonly PastStep[], firstMs: number): ClosedCandle[] {
    const moods = this.#recallMoods(past.length);
    let level = 0;
    for (const [position, step] of past.entries()) level = this.#step(step, moods[position]!, level, position === 0);
    const shift = this.#sector.logPrice - level;
    const price = (logPrice: number) => roundPrice(exp(shift + logPrice));
    const all = Array.from({ length: candles }, (_, candle) => ({
      sectorId: this.#sector.id,
      interval: "1m" as const,
      timestampMs: firstMs + candle * candleMs,
      open: price(candle === 0 ? 0 : this.#closes[candle - 1]!),
      high: price(this.#highs[candle]!),
      low: price(this.#lows[candle]!),
      close: price(this.#closes[candle]!),
    }));
    return all.filter(({ timestampMs }) => timestampMs >= instantMsMin);
  }

  /** The sector's own volatility in each step, made from the last to the first. */
  #recallMoods(steps: number): Float64Array {
    const moods = new Float64Array(steps);
    for (let step = steps - 1; step >= 0; step--) {
      this.#volatility.step();
      moods[step] = this.#volatility.value;
    }
    return moods;
  }

  #step(step: PastStep, mood: number, before: number, first: boolean): number {
    const { candle, fromSeconds, toSeconds } = step;
    const minute = Math.floor(fromSeconds / minuteSeconds);
    if (first || minute !== Math.floor((2 * fromSeconds - toSeconds) / minuteSeconds))
      this.#jumps.planMinute(minute * minuteSeconds);
    const { beta, idioVolatilityPercent } = this.#sector;
    const years = (toSeconds - fromSeconds) / yearSeconds;
    const own = ownVolatility(idioVolatilityPercent, mood, this.#volatility.variance, step.weather);
    const noise = own * Math.sqrt(years) * this.#noise.normal();
    const level = before + beta * step.move + noise + this.#jumps.take(toSeconds);
    this.#drawWicks(candle, before, level, (beta * beta * step.annual * step.annual + own * own) * years);
    return level;
  }

  #drawWicks(candle: number, before: number, level: number, variance: number): void {
    const square = (level - before) * (level - before);
    const high = (before + level + Math.sqrt(square - 2 * variance * log(this.#wicks.uniform()))) / 2;
    const low = (before + level - Math.sqrt(square - 2 * variance * log(this.#wicks.uniform()))) / 2;
    this.#highs[candle] = Math.max(this.#highs[candle]!, high);
    this.#lows[candle] = Math.min(this.#lows[candle]!, low);
    this.#closes[candle] = level;
  }
}
