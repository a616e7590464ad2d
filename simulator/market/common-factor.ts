/**
 * What moves all sectors together: one factor with a volatility, regimes and jumps of its own.
 *
 * Within a market minute the volatility is constant; at its end volatility, regime and the next minute's jump are
 * drawn. Falling prices raise volatility (leverage) through the mean of the minute's own draws.
 */
import type { CompleteMarket } from "../scenario/complete.js";
import { exp, log } from "../numeric/exp-log.js";
import { type StreamState, createStream, restoreStream } from "../random/stream.js";
import { Jumps, type JumpState } from "./jumps.js";
import { LogVolatility } from "./log-volatility.js";
import { Regime, type RegimeName, type RegimeState, regimeFactor } from "./regime.js";
import { yearSeconds } from "./units.js";

export interface FactorState {
  readonly streams: Readonly<Record<"price" | "volatility" | "jumps" | "regime", StreamState>>;
  readonly volatility: readonly number[];
  readonly jumps: JumpState;
  readonly regime: RegimeState;
  readonly shocks: readonly [sum: number, count: number];
  readonly level: number;
}

export class CommonFactor {
  /** Log-level of the factor, jumps and scenario events included. */
  level = 0;
  /** Annual volatility of this minute over its scenario's, without intraday shape: 1 is normal. */
  stress = 1;
  /** Sum of the volatility scales, as the sectors feel it. */
  logVolatility = 0;
  /** Its variance in the long run. */
  readonly logVolatilityVariance: number;
  /** This minute's regime, as a factor on volatility. */
  regimeFactor = 1;
  /** Annual volatility of this minute, intraday shape included. */
  annual = 0;
  readonly #market: CompleteMarket;
  readonly #streams: Readonly<Record<"price" | "volatility" | "jumps" | "regime", ReturnType<typeof createStream>>>;
  readonly #volatility: LogVolatility;
  readonly #jumps: Jumps;
  readonly #regime: Regime;
  readonly #driftPerSecond: number;
  #shockSum = 0;
  #shockCount = 0;

  constructor(seed: string, market: CompleteMarket, state?: FactorState) {
    const stream = (purpose: keyof FactorState["streams"]) =>
      state === undefined ? createStream(seed, "market", "factor", purpose) : restoreStream(state.streams[purpose]);
    this.#market = market;
    this.#streams = {
      price: stream("price"),
      volatility: stream("volatility"),
      jumps: stream("jumps"),
      regime: stream("regime"),
    };
    const { jumps, regimes } = market;
    this.#volatility = new LogVolatility(market.volatilityScales, this.#streams.volatility, state?.volatility);
    this.logVolatilityVariance = this.#volatility.variance;
    this.#jumps = new Jumps(
      {
        perDay: jumps.marketPerDay,
        branching: jumps.branching,
        decayMinutes: jumps.decayMinutes,
        upShare: jumps.upShare,
        upMean: log(1 + jumps.upMeanPercent / 100),
        downMean: log(1 + jumps.downMeanPercent / 100),
      },
      this.#streams.jumps,
      state?.jumps,
    );
    this.#regime = new Regime(regimes, this.#streams.regime, state?.regime);
    this.#driftPerSecond = market.driftPercent / 100 / yearSeconds - this.#jumps.driftPerSecond;
    if (state !== undefined) {
      this.level = state.level;
      [this.#shockSum, this.#shockCount] = state.shocks;
    }
  }

  /** Draws what holds for a whole market minute. `forced` overrides the chain's regime. */
  planMinute(fromSeconds: number): void {
    this.#jumps.planMinute(fromSeconds);
  }

  /** Takes up this minute's volatility: the same after a restore as before it. */
  refresh(activity: number, forced: RegimeName | undefined, boost: number): void {
    const { volatilityPercent, regimes } = this.#market;
    this.logVolatility = this.#volatility.value;
    this.regimeFactor = regimeFactor(regimes, forced ?? this.#regime.name) * boost;
    this.stress = exp(this.logVolatility - this.logVolatilityVariance) * this.regimeFactor;
    this.annual = (volatilityPercent / 100) * this.stress * activity;
  }

  /** The common change of the log-prices over one step of `stepSeconds` that ends at `toSeconds`, jumps included. */
  step(stepSeconds: number, toSeconds: number): { move: number; jump: number } {
    const z = this.#streams.price.normal();
    this.#shockSum += z;
    this.#shockCount += 1;
    const years = stepSeconds / yearSeconds;
    const diffusion = -0.5 * this.annual * this.annual * years + this.annual * Math.sqrt(years) * z;
    this.#step.jump = this.#jumps.take(toSeconds);
    this.#step.move = diffusion + this.#driftPerSecond * stepSeconds;
    return this.#step;
  }

  readonly #step = { move: 0, jump: 0 };

  /** Ends a market minute: volatility and regime of the next. */
  closeMinute(): void {
    // A step of more than a minute leaves further minutes without a draw of their own.
    const shock = this.#shockCount > 0 ? this.#shockSum / Math.sqrt(this.#shockCount) : 0;
    this.#shockSum = 0;
    this.#shockCount = 0;
    this.#volatility.step(this.#market.leverage, shock);
    this.#regime.stepMinute();
  }

  snapshot(): FactorState {
    const { price, volatility, jumps, regime } = this.#streams;
    return {
      streams: {
        price: price.state(),
        volatility: volatility.state(),
        jumps: jumps.state(),
        regime: regime.state(),
      },
      volatility: this.#volatility.snapshot(),
      jumps: this.#jumps.snapshot(),
      regime: this.#regime.snapshot(),
      shocks: [this.#shockSum, this.#shockCount],
      level: this.level,
    };
  }
}
