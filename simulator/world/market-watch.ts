/**
 * What the agents see of the market, tick by tick: one object, filled anew each time.
 *
 * Not the index: it depends on which sectors there are, and a newcomer among them must not change what anybody says
 * elsewhere.
 */
import { parseDuration } from "../../schemas/index.js";
import type { ScenarioEvents, Occurring } from "../market/scenario-events.js";
import type { Market } from "../market/market.js";
import type { ScenarioEventSignal, MarketSignal } from "../core/signals.js";

type Signal = { -readonly [Key in keyof MarketSignal]: MarketSignal[Key] };

export class MarketWatch {
  readonly #market: Market;
  readonly #scenarioEvents: ScenarioEvents;
  readonly #signal: Signal;

  constructor(market: Market, scenarioEvents: ScenarioEvents) {
    this.#market = market;
    this.#scenarioEvents = scenarioEvents;
    this.#signal = {
      tick: 0,
      nowMs: 0,
      phi: 1,
      stress: 1,
      sectors: [],
      scenarioEvents: [],
    };
  }

  signal(tick: number, nowMs: number): MarketSignal {
    const signal = this.#signal;
    const market = this.#market;
    const { starting } = this.#scenarioEvents;
    signal.tick = tick;
    signal.nowMs = nowMs;
    signal.phi = market.activity;
    signal.stress = market.factor.stress;
    if (market.sessionShare !== undefined) signal.sessionShare = market.sessionShare;
    signal.sectors = market.sectors;
    signal.scenarioEvents = starting.length === 0 ? none : starting.map(toSignal);
    return signal;
  }
}

const none: readonly ScenarioEventSignal[] = [];

function toSignal(scenarioEvent: Occurring): ScenarioEventSignal {
  const { type, sectorId, agentIds, discussionIds, text, duration, regime, intensity } = scenarioEvent;
  return {
    kind: type,
    ...(sectorId !== undefined && { sectorId }),
    ...(agentIds !== undefined && { agentIds }),
    ...(discussionIds !== undefined && { discussionIds }),
    ...(text !== undefined && { text }),
    ...(regime !== undefined && { regime }),
    ...(intensity !== undefined && { intensity }),
    ...(duration !== undefined && { durationMs: parseDuration(duration) }),
  };
}
