/**
 * How many events a second a scenario will yield, before it is run.
 *
 * Market updates and candles follow the calendar and are counted exactly. Statuses and messages depend on the market's
 * nerves, so the market alone is rehearsed a few times, in steps of a market minute, and what the agents will make
 * of each rehearsal follows from its laws. The spread has both parts: from seed to seed, and within one.
 */
import type { EventName } from "../../schemas/index.js";
import { type Expected, ExpectedAgents } from "./expected-agents.js";
import { parseInstant } from "../../schemas/instant.js";
import { closesBucket } from "../market/candle.js";
import { ScenarioEvents } from "../market/scenario-events.js";
import { MarketRun } from "../market/market-run.js";
import { openMarket } from "../market/backfill.js";
import { minuteSeconds } from "../market/units.js";
import { MarketWatch } from "../world/market-watch.js";
import type { CompleteScenario } from "../scenario/complete.js";

export interface Expectation {
  /** Events a second, in the mean over the horizon. */
  readonly perSecond: number;
  /** Of that mean, from seed to seed. Zero where the number is certain. */
  readonly standardDeviation: number;
}

/** Wild markets are rare: fewer rehearsals than these would miss most of the spread. */
const rehearsalsMax = 32;
const rehearsalsMin = 8;
/** Market minutes, times sectors, that all rehearsals together may cost: well below a second. */
const effortMax = 150_000;
/** Market minutes of a world's own past: the day before its start. */
const pastMinutes = 1440;

/**
 * Events a second to expect over the first `forSeconds` of simulated time.
 *
 * @example forecast(shippedScenarios.get("trading-day"))["market:update"].perSecond // 48
 */
export function forecast(scenario: CompleteScenario, forSeconds: number = 3600): Record<EventName, Expectation> {
  const { updates, candles } = countMarketEvents(scenario, forSeconds);
  const rehearsals = countRehearsals(scenario, forSeconds);
  const societies = Array.from({ length: rehearsals }, (_, n) => rehearse(scenario, `forecast ${n}`, forSeconds));
  const expect = (counts: readonly Expected[]) => combine(counts, forSeconds);
  return {
    "market:update": { perSecond: updates / forSeconds, standardDeviation: 0 },
    "sector:candle_update": { perSecond: candles / forSeconds, standardDeviation: 0 },
    "discussion:new_message": expect(societies.map(({ messages }) => messages)),
    "agent:status_update": expect(societies.map(({ statuses }) => statuses)),
  };
}

function countRehearsals({ pace, sectors }: CompleteScenario, forSeconds: number): number {
  const effort = pastMinutes * pace + ((forSeconds * pace) / minuteSeconds) * sectors.length;
  return Math.max(rehearsalsMin, Math.min(rehearsalsMax, Math.floor(effortMax / effort)));
}

/** Walks the calendar of the first ticks without moving a price. */
function countMarketEvents(scenario: CompleteScenario, forSeconds: number): { updates: number; candles: number } {
  const { tickMs, cadence, sectors } = scenario;
  const startMs = parseInstant(scenario.start) ?? 0;
  const ticks = Math.floor((forSeconds * 1000) / tickMs);
  const scenarioEvents = new ScenarioEvents(scenario.events, tickMs, 0);
  const halted = new Set<string>();
  let allHalted = false;
  let updates = 0;
  let candles = 0;
  for (let tick = 1; tick <= ticks; tick++) {
    scenarioEvents.advance(tick);
    for (const { type, sectorId } of scenarioEvents.starting) {
      if (type !== "halt" && type !== "resume") continue;
      if (sectorId === undefined) allHalted = type === "halt";
      else if (type === "halt") halted.add(sectorId);
      else halted.delete(sectorId);
    }
    const trading = allHalted ? 0 : sectors.length - halted.size;
    if (tick % cadence.marketEveryTicks === 0 && !allHalted) updates += trading + 1;
    if (closesBucket(startMs + tick * tickMs, tickMs, 60_000)) candles += sectors.length;
    else if (tick % cadence.candleEveryTicks === 0) candles += trading;
  }
  return { updates, candles };
}

/** Runs the market of one seed without a world around it, and lets an expected agents watch. */
function rehearse(scenario: CompleteScenario, seed: string, forSeconds: number): ExpectedAgents {
  const startMs = parseInstant(scenario.start) ?? 0;
  const stepSeconds = minuteSeconds / scenario.pace;
  const market = openMarket(seed, scenario);
  const run = new MarketRun(market, { scenario, startMs, tickMs: stepSeconds * 1000 }, 0);
  const watch = new MarketWatch(market, run.scenarioEvents);
  const agents = new ExpectedAgents(scenario);
  for (let step = 1; (step - 1) * stepSeconds < forSeconds; step++) {
    run.advance(step);
    // The last step may reach beyond the horizon.
    const seconds = Math.min(stepSeconds, forSeconds - (step - 1) * stepSeconds);
    agents.step(watch.signal(step, startMs + (step - 1) * stepSeconds * 1000), seconds);
  }
  return agents;
}

/** The law of total variance: the spread of the means and the mean of the spreads. */
function combine(counts: readonly Expected[], forSeconds: number): Expectation {
  const mean = counts.reduce((sum, count) => sum + count.mean, 0) / counts.length;
  const between =
    counts.reduce((sum, count) => sum + (count.mean - mean) * (count.mean - mean), 0) / (counts.length - 1);
  const within = counts.reduce((sum, count) => sum + count.variance, 0) / counts.length;
  return { perSecond: mean / forSeconds, standardDeviation: Math.sqrt(between + within) / forSeconds };
}
