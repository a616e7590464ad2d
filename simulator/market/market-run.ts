/**
 * The market under the ticks of a calendar: sessions open, scenario events start and end, halts stop what moves.
 *
 * Everything that is not in the market's own state is a function of the tick, so a market and a tick are enough
 * to take up a run anywhere.
 */
import type { CompleteScenario } from "../scenario/complete.js";
import { closesBucket } from "./candle.js";
import { ScenarioEvents } from "./scenario-events.js";
import type { Market } from "./market.js";

const dayMs = 86_400_000;

export interface MarketRunOptions {
  readonly scenario: CompleteScenario;
  readonly startMs: number;
  readonly tickMs: number;
}

export class MarketRun {
  readonly market: Market;
  readonly scenarioEvents: ScenarioEvents;
  readonly #options: MarketRunOptions;
  readonly #secondsPerTick: number;

  /** Takes the market up as it stands after `tick`. */
  constructor(market: Market, options: MarketRunOptions, tick: number) {
    this.market = market;
    this.#options = options;
    this.#secondsPerTick = (options.tickMs / 1000) * options.scenario.pace;
    this.scenarioEvents = new ScenarioEvents(options.scenario.events, options.tickMs, tick);
    market.refresh(this.marketSeconds(tick), this.scenarioEvents);
  }

  /** Market time after a tick, in seconds since the start. */
  marketSeconds(tick: number): number {
    return tick * this.#secondsPerTick;
  }

  /** Runs the tick that follows the one before. */
  advance(tick: number): void {
    const { market, scenarioEvents } = this;
    const fromSeconds = this.marketSeconds(tick - 1);
    const changed = scenarioEvents.advance(tick);
    if (this.#opensSession(tick)) market.openSession();
    if (changed) {
      for (const { type, sectorId } of scenarioEvents.starting) {
        if (type === "halt" || type === "resume") market.halt(type === "halt", sectorId);
      }
      market.refresh(fromSeconds, scenarioEvents);
    }
    market.step(fromSeconds, this.marketSeconds(tick), scenarioEvents);
    market.index.follow(market.sectors);
  }

  #opensSession(tick: number): boolean {
    if (tick === 1) return false; // The first opened with the world.
    const { scenario, startMs, tickMs } = this.#options;
    const { mode, sessionSeconds } = scenario.calendar;
    if (mode === "continuous") return closesBucket(startMs + (tick - 1) * tickMs, tickMs, dayMs);
    const session = (atTick: number) => Math.floor(this.marketSeconds(atTick) / sessionSeconds);
    return session(tick - 1) !== session(tick - 2);
  }
}
