/**
 * One sector: its price path, its running candles and what can be patched.
 *
 * The log-price is the state; `price` is made from it and `quote` is the price as it leaves, rounded.
 * Nothing here depends on any other sector.
 */
import type { SectorSignal } from "../core/signals.js";
import type { NewSector } from "../core/types.js";
import type { CompleteMarket } from "../scenario/complete.js";
import { exp, log } from "../numeric/exp-log.js";
import { roundPrice } from "../numeric/price.js";
import { type Stream, type StreamState, createStream, restoreStream } from "../random/stream.js";
import { type CandleState, RunningCandle } from "./candle.js";
import { type JumpLaw, Jumps, type JumpState } from "./jumps.js";
import { LogVolatility } from "./log-volatility.js";
import { MinuteMoves } from "./minute-moves.js";

/** What a sector is where nothing is said. */
export const sectorDefaults = { value: 100, indexWeight: 0.01, beta: 1, idioVolatilityPercent: 10 } as const;

/** What a sector is created from, without gaps. */
export interface SectorTraits extends Required<NewSector> {
  readonly revision: number;
}

export function sectorTraits(sector: NewSector): SectorTraits {
  return { ...sectorDefaults, ...sector, revision: 1 };
}

export type SectorPatch = Partial<Omit<NewSector, "id" | "value">>;

export interface SectorState {
  readonly traits: SectorTraits;
  readonly streams: Readonly<Record<"price" | "volatility" | "jumps", StreamState>>;
  readonly volatility: readonly number[];
  readonly jumps: JumpState;
  readonly logPrice: number;
  readonly openQuote: number;
  readonly halted: boolean;
  readonly moves: readonly [level: number, variance: number];
  readonly second: CandleState | null;
  readonly minute: CandleState | null;
}

export class Sector implements SectorSignal {
  readonly id: string;
  name: string;
  indexWeight: number;
  beta: number;
  idioVolatilityPercent: number;
  revision: number;
  logPrice: number;
  price: number;
  /** The price as broadcast: rounded to 0.01. */
  quote: number;
  /** The price before the last step. */
  before: number;
  /** The quote when the session opened. */
  openQuote: number;
  /** Trading in this sector stands still. */
  halted: boolean;
  /** The jump of the last step, in log-price. */
  jump = 0;
  /** Annual volatility of the sector's own moves in this minute. */
  annual = 0;
  readonly second: RunningCandle;
  readonly minute: RunningCandle;
  readonly #streams: Readonly<Record<"price" | "volatility" | "jumps", Stream>>;
  readonly #volatility: LogVolatility;
  readonly #jumps: Jumps;
  readonly #moves: MinuteMoves;

  constructor(seed: string, market: CompleteMarket, traits: SectorTraits, state?: SectorState) {
    const stream = (purpose: keyof SectorState["streams"]) =>
      state === undefined ? createStream(seed, "sector", traits.id, purpose) : restoreStream(state.streams[purpose]);
    this.id = traits.id;
    this.name = traits.name;
    this.indexWeight = traits.indexWeight;
    this.beta = traits.beta;
    this.idioVolatilityPercent = traits.idioVolatilityPercent;
    this.revision = traits.revision;
    this.#streams = { price: stream("price"), volatility: stream("volatility"), jumps: stream("jumps") };
    const { sectorVolatilityScales } = market;
    this.#volatility = new LogVolatility(sectorVolatilityScales, this.#streams.volatility, state?.volatility);
    this.#jumps = new Jumps(sectorJumpLaw(market), this.#streams.jumps, state?.jumps);
    this.logPrice = state?.logPrice ?? log(traits.value);
    this.price = exp(this.logPrice);
    this.before = this.price;
    this.quote = roundPrice(this.price);
    this.openQuote = state?.openQuote ?? this.quote;
    this.halted = state?.halted ?? false;
    this.#moves = state === undefined ? new MinuteMoves(this.logPrice, 0) : new MinuteMoves(...state.moves);
    this.second = new RunningCandle(1000, state?.second);
    this.minute = new RunningCandle(60_000, state?.minute);
  }

  /** Takes up this minute's volatility: the same after a restore as before it. */
  refresh(weather: MarketWeather, boost: number): void {
    this.annual =
      boost * ownVolatility(this.idioVolatilityPercent, this.#volatility.value, this.#volatility.variance, weather);
  }

  /** Begins the path in the minute that begins now: its jump, and what to expect of it. */
  begin(fromSeconds: number, minuteVariance: number): void {
    this.planMinute(fromSeconds);
    this.#moves.expect(minuteVariance);
  }

  /** The scales of the sector's own volatility as they stand. */
  get volatilityParts(): readonly number[] {
    return this.#volatility.snapshot();
  }

  /** One step: the common move, the sector's own, its jump, and a scenario event's push. A halt draws and drops it. */
  step(common: number, sqrtYears: number, push: number, toSeconds: number, marketHalted: boolean): void {
    const own = this.annual * sqrtYears * this.#streams.price.normal();
    const jump = this.#jumps.take(toSeconds);
    this.jump = 0;
    this.before = this.price;
    if (this.halted || marketHalted) return;
    this.jump = jump;
    this.logPrice = bound(this.logPrice + this.beta * common + own + jump + push);
    this.price = exp(this.logPrice);
    this.quote = roundPrice(this.price);
  }

  /** Draws the jump of the minute that begins. */
  planMinute(fromSeconds: number): void {
    this.#jumps.planMinute(fromSeconds);
  }

  closeMinute(): void {
    this.#volatility.step();
    this.#moves.close(this.logPrice);
  }

  /** Changes what can be changed; true when something did. */
  patch(patch: SectorPatch): boolean {
    const { name = this.name, indexWeight = this.indexWeight, beta = this.beta } = patch;
    const { idioVolatilityPercent = this.idioVolatilityPercent } = patch;
    const same =
      name === this.name &&
      indexWeight === this.indexWeight &&
      beta === this.beta &&
      idioVolatilityPercent === this.idioVolatilityPercent;
    if (same) return false;
    Object.assign(this, { name, indexWeight, beta, idioVolatilityPercent });
    this.revision += 1;
    return true;
  }

  forgetMinute(): void {
    this.#moves.forget();
  }

  get value(): number {
    return this.quote;
  }

  get changePercent(): number {
    return (this.quote / this.openQuote - 1) * 100;
  }

  get jumpPercent(): number {
    return this.jump === 0 ? 0 : (exp(this.jump) - 1) * 100;
  }

  get minutePercent(): number {
    const { move } = this.#moves;
    return move === 0 ? 0 : (exp(move) - 1) * 100;
  }

  get minuteSigma(): number {
    return this.#moves.sigma;
  }

  openSession(): void {
    this.openQuote = this.quote;
  }

  snapshot(): SectorState {
    const { id, name, indexWeight, beta, idioVolatilityPercent, revision } = this;
    const { price, volatility, jumps } = this.#streams;
    return {
      traits: { id, name, value: this.quote, indexWeight, beta, idioVolatilityPercent, revision },
      streams: { price: price.state(), volatility: volatility.state(), jumps: jumps.state() },
      volatility: this.#volatility.snapshot(),
      jumps: this.#jumps.snapshot(),
      logPrice: this.logPrice,
      openQuote: this.openQuote,
      halted: this.halted,
      moves: this.#moves.snapshot(),
      second: this.second.snapshot(),
      minute: this.minute.snapshot(),
    };
  }
}

/** A scenario may push a price for ever; it stays between a cent and a thousand million. */
const logPriceMin = log(0.01);
const logPriceMax = log(1e9);

function bound(logPrice: number): number {
  if (logPrice < logPriceMin) return logPriceMin;
  return logPrice > logPriceMax ? logPriceMax : logPrice;
}

/** What all sectors feel of the market's volatility in one minute. */
export interface MarketWeather {
  /** Logarithm of the common volatility, and its variance in the long run. */
  readonly logVolatility: number;
  readonly logVolatilityVariance: number;
  readonly regimeFactor: number;
  readonly activity: number;
}

/** Annual volatility of a sector's own moves: half of the market's mood, and a mood of its own. */
export function ownVolatility(percent: number, own: number, ownVariance: number, weather: MarketWeather): number {
  const mood = weather.logVolatility / 2 - weather.logVolatilityVariance / 4 + own - ownVariance;
  return (percent / 100) * exp(mood) * weather.activity * Math.sqrt(weather.regimeFactor);
}

/** The laws of a sector's own jumps. */
export function sectorJumpLaw({ jumps }: CompleteMarket): JumpLaw {
  const mean = log(1 + jumps.sectorMeanPercent / 100);
  return { perDay: jumps.sectorPerDay, branching: 0, decayMinutes: 1, upShare: 0.5, upMean: mean, downMean: mean };
}
