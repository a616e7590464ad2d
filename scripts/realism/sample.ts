/**
 * What the gates look at: one-minute returns of the index, daily returns of the sectors, messages a minute.
 *
 * Taken from the world through its public interface, at pace 1 with ticks of one second, so that what is measured
 * is what is broadcast. The scenario's scenario events are left out: they are staged, and the model is to stand alone.
 */
import {
  type CompleteScenario,
  completeScenario,
  createWorld,
  defaultScenarioName,
  shippedScenarios,
} from "../../simulator/index.js";
import { activityAt, tabulateIntraday } from "../../simulator/market/intraday.js";

const sessionMinutes = 390;

/** One seed's market. */
export interface MarketSample {
  /** Log-returns of the index, one a minute. */
  readonly minuteReturns: readonly number[];
  /** The same, divided by the intraday shape. */
  readonly flatReturns: readonly number[];
  /** Log-returns of each sector, one a session. */
  readonly dailyReturns: readonly (readonly number[])[];
  /** Messages of all rooms, one number a minute. */
  readonly messages: readonly number[];
}

function standard(): CompleteScenario {
  const scenario = shippedScenarios.get(defaultScenarioName);
  if (scenario === undefined) throw new Error("The default scenario is not among the shipped ones");
  return { ...scenario, pace: 1 };
}

/** The default scenario's market without its agents. */
export function marketScenario(): CompleteScenario {
  return { ...standard(), events: [], agents: [], discussions: [] };
}

/** The control: geometric Brownian motion with the same volatilities, betas and intraday shape, and nothing else. */
export function controlScenario(): CompleteScenario {
  const { market, ...scenario } = marketScenario();
  return completeScenario({
    ...scenario,
    market: {
      ...market,
      volatilityScales: [],
      sectorVolatilityScales: [],
      jumps: { ...market.jumps, marketPerDay: 0, sectorPerDay: 0 },
      regimes: { ...market.regimes, initial: "normal", changing: false },
    },
  });
}

export interface SampleSize {
  /** Sessions whose minutes are looked at. */
  readonly sessions: number;
  /** Sessions whose days are looked at. @default sessions */
  readonly days?: number;
}

export function sampleMarket(
  scenario: CompleteScenario,
  seed: string,
  { sessions, days = sessions }: SampleSize,
): MarketSample {
  // Only the prices are looked at, so no updates are made.
  const cadence = { marketEveryTicks: 10_000, candleEveryTicks: 10_000 };
  const world = createWorld({ seed, scenario: { ...scenario, cadence }, tickMs: 1000 });
  const intraday = tabulateIntraday(scenario.market.intraday);
  const minuteReturns: number[] = [];
  const flatReturns: number[] = [];
  const opens = world.sectors().map(({ value }) => value);
  const dailyReturns = opens.map((): number[] => []);
  let before = world.index().value;
  for (let session = 0; session < Math.max(sessions, days); session++) {
    for (let minute = 0; minute < sessionMinutes; minute++) {
      for (let second = 0; second < 60; second++) world.step();
      if (session >= sessions) continue;
      const { value } = world.index();
      const change = Math.log(value / before);
      before = value;
      minuteReturns.push(change);
      flatReturns.push(change / activityAt(intraday, (minute + 0.5) / sessionMinutes));
    }
    for (const [position, { value }] of world.sectors().entries()) {
      dailyReturns[position]!.push(Math.log(value / opens[position]!));
      opens[position] = value;
    }
  }
  return { minuteReturns, flatReturns, dailyReturns, messages: [] };
}

/** Messages of all rooms in each minute, in the default scenario as it is but for its scenario events. */
export function sampleTalk(seed: string, sessions: number): number[] {
  const world = createWorld({ seed, scenario: { ...standard(), events: [] }, tickMs: 1000 });
  return Array.from({ length: sessions * sessionMinutes }, () => {
    let messages = 0;
    for (let second = 0; second < 60; second++) {
      for (const { event } of world.step().events) if (event === "discussion:new_message") messages += 1;
    }
    return messages;
  });
}
