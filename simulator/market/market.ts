/**
 * The market: the common factor, the sectors in id order and the index made of them.
 *
 * Time here is market time in seconds since the start (pace * simulated time), negative in the backfill.
 * A step draws once for the factor and once for each sector; all else is drawn when a market minute ends.
 */
import type { NewSector } from "../core/types.js";
import type { CompleteScenario } from "../scenario/complete.js";
import { ChainedIndex, type IndexState } from "./chained-index.js";
import { CommonFactor, type FactorState } from "./common-factor.js";
import type { ScenarioEvents } from "./scenario-events.js";
import { activityAt, tabulateIntraday } from "./intraday.js";
import { type MarketWeather, Sector, type SectorState, sectorTraits } from "./sector.js";
import { minuteSeconds, yearSeconds } from "./units.js";

export interface MarketState {
  readonly factor: FactorState;
  readonly sectors: readonly SectorState[];
  readonly index: IndexState;
  readonly halted: boolean;
}

export class Market {
  readonly factor: CommonFactor;
  readonly index: ChainedIndex;
  /** Intraday shape of this market minute; 1 is the average. */
  activity = 1;
  /** Share of the session that is gone in this market minute; undefined where there are no sessions. */
  sessionShare: number | undefined;
  /** Trading stands still everywhere. */
  halted: boolean;
  #sectors: readonly Sector[];
  #byId: ReadonlyMap<string, Sector>;
  readonly #seed: string;
  readonly #scenario: CompleteScenario;
  readonly #intraday: Float64Array;
  /** True after the step that ended a market minute. */
  #minuteClosed = false;

  /** Goes on from `state`; what is absent from it is made anew. Call `begin` or `refresh` before the first step. */
  constructor(seed: string, scenario: CompleteScenario, state: Partial<MarketState> = {}) {
    this.#seed = seed;
    this.#scenario = scenario;
    const { market, sectors } = scenario;
    this.#intraday = tabulateIntraday(market.intraday);
    this.factor = new CommonFactor(seed, market, state.factor);
    this.#sectors = sortById(
      state.sectors?.map((sector) => new Sector(seed, market, sector.traits, sector)) ??
        sectors.map((sector) => new Sector(seed, market, sectorTraits(sector))),
    );
    this.#byId = new Map(this.#sectors.map((sector) => [sector.id, sector]));
    this.halted = state.halted ?? false;
    this.index = new ChainedIndex(state.index ?? { divisor: 1, value: market.indexBase, open: market.indexBase });
    if (state.index === undefined) this.rechain();
  }

  /** In id order. */
  get sectors(): readonly Sector[] {
    return this.#sectors;
  }

  sector(id: string): Sector | undefined {
    return this.#byId.get(id);
  }

  /** Begins all paths at this second. */
  begin(fromSeconds: number, scenarioEvents?: ScenarioEvents): void {
    this.refresh(fromSeconds, scenarioEvents);
    for (const sector of this.#sectors) this.#beginSector(sector, fromSeconds);
    this.openSession();
  }

  #beginSector(sector: Sector, fromSeconds: number): void {
    const common = sector.beta * this.factor.annual;
    const variance = common * common + sector.annual * sector.annual;
    sector.begin(fromSeconds, (variance * minuteSeconds) / yearSeconds);
  }

  /** Takes up the volatilities for steps from this second on. Changes nothing that is drawn. */
  refresh(fromSeconds: number, scenarioEvents?: ScenarioEvents): void {
    this.sessionShare = this.#sessionShareAt(fromSeconds);
    this.activity = this.sessionShare === undefined ? 1 : activityAt(this.#intraday, this.sessionShare);
    this.factor.refresh(this.activity, scenarioEvents?.regime(), scenarioEvents?.boost() ?? 1);
    const { weather } = this;
    for (const sector of this.#sectors) sector.refresh(weather, scenarioEvents?.boost(sector.id) ?? 1);
  }

  get weather(): MarketWeather {
    const { logVolatility, logVolatilityVariance, regimeFactor } = this.factor;
    return { logVolatility, logVolatilityVariance, regimeFactor, activity: this.activity };
  }

  /** One step of market time. */
  step(fromSeconds: number, toSeconds: number, scenarioEvents?: ScenarioEvents): void {
    const stepSeconds = toSeconds - fromSeconds;
    if (this.#minuteClosed) this.#forgetMinute();
    const pushing = scenarioEvents?.active === true;
    const { move, jump } = this.factor.step(stepSeconds, toSeconds);
    const common = move + jump + (pushing ? scenarioEvents.push() : 0);
    if (!this.halted) this.factor.level += common;
    const sqrtYears = Math.sqrt(stepSeconds / yearSeconds);
    for (const sector of this.#sectors) {
      const push = pushing ? scenarioEvents.push(sector.id) : 0;
      sector.step(common, sqrtYears, push, toSeconds, this.halted);
    }
    const minute = Math.floor(toSeconds / minuteSeconds);
    for (let m = Math.floor(fromSeconds / minuteSeconds); m < minute; m++) this.#closeMinute((m + 1) * minuteSeconds);
    if (this.#minuteClosed) this.refresh(toSeconds, scenarioEvents);
  }

  #closeMinute(atSeconds: number): void {
    this.#minuteClosed = true;
    this.factor.closeMinute();
    this.factor.planMinute(atSeconds);
    for (const sector of this.#sectors) {
      sector.closeMinute();
      sector.planMinute(atSeconds);
    }
  }

  #forgetMinute(): void {
    this.#minuteClosed = false;
    for (const sector of this.#sectors) sector.forgetMinute();
  }

  #sessionShareAt(seconds: number): number | undefined {
    const { mode, sessionSeconds } = this.#scenario.calendar;
    if (mode === "continuous") return undefined;
    // The middle of the minute, so that rounding of the division never falls into the minute before.
    const middle = (Math.floor(seconds / minuteSeconds) + 0.5) * minuteSeconds;
    const sessions = middle / sessionSeconds;
    return sessions - Math.floor(sessions);
  }

  /** The present prices become the opening prices of a session. */
  openSession(): void {
    this.index.open = this.index.value;
    for (const sector of this.#sectors) sector.openSession();
  }

  /** Trading stands still, or goes on; without a sector, everywhere. */
  halt(halted: boolean, sectorId?: string): void {
    if (sectorId === undefined) this.halted = halted;
    else {
      const sector = this.#byId.get(sectorId);
      if (sector !== undefined) sector.halted = halted;
    }
  }

  add(sector: NewSector, atSeconds: number, scenarioEvents: ScenarioEvents): Sector {
    const added = new Sector(this.#seed, this.#scenario.market, sectorTraits(sector));
    added.refresh(this.weather, scenarioEvents.boost(added.id));
    this.#beginSector(added, atSeconds);
    this.#replace(sortById([...this.#sectors, added]));
    return added;
  }

  remove(id: string): void {
    this.#replace(this.#sectors.filter((sector) => sector.id !== id));
  }

  /** After a change of weights, volatility or beta. */
  revise(scenarioEvents: ScenarioEvents): void {
    for (const sector of this.#sectors) sector.refresh(this.weather, scenarioEvents.boost(sector.id));
    this.rechain();
  }

  /** Keeps the index where it is although prices, weights or sectors are others now. */
  rechain(): void {
    this.index.chain(this.#sectors);
  }

  #replace(sectors: readonly Sector[]): void {
    this.#sectors = sectors;
    this.#byId = new Map(sectors.map((sector) => [sector.id, sector]));
    this.rechain();
  }

  snapshot(): MarketState {
    return {
      factor: this.factor.snapshot(),
      sectors: this.#sectors.map((sector) => sector.snapshot()),
      index: this.index.snapshot(),
      halted: this.halted,
    };
  }
}

function sortById(sectors: readonly Sector[]): readonly Sector[] {
  return [...sectors].sort((a, b) => (a.id < b.id ? -1 : 1));
}
