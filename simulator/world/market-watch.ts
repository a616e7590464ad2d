/**
 * What the society is told of the market, tick by tick: one object, filled anew each time.
 *
 * Not the index: it depends on which sectors there are, and a newcomer among them must not change what anybody says
 * elsewhere.
 */
import { parseDuration } from "../../schemas/index.js";
import type { Happenings, Occurring } from "../market/scenario-events.js";
import type { Market } from "../market/market.js";
import type { HappeningSignal, MarketSignal } from "../core/signals.js";

type Signal = { -readonly [Key in keyof MarketSignal]: MarketSignal[Key] };

export class MarketWatch {
  readonly #market: Market;
  readonly #happenings: Happenings;
  readonly #signal: Signal;

  constructor(market: Market, happenings: Happenings) {
    this.#market = market;
    this.#happenings = happenings;
    this.#signal = {
      tick: 0,
      nowMs: 0,
      phi: 1,
      stress: 1,
      sectors: [],
      happenings: [],
    };
  }

  signal(tick: number, nowMs: number): MarketSignal {
    const signal = this.#signal;
    const market = this.#market;
    const { starting } = this.#happenings;
    signal.tick = tick;
    signal.nowMs = nowMs;
    signal.phi = market.activity;
    signal.stress = market.factor.stress;
    if (market.sessionShare !== undefined) signal.sessionShare = market.sessionShare;
    signal.sectors = market.sectors;
    signal.happenings = starting.length === 0 ? none : starting.map(toSignal);
    return signal;
  }
}

const none: readonly HappeningSignal[] = [];

function toSignal(happening: Occurring): HappeningSignal {
  const { type, sectorId, agentIds, discussionIds, text, duration, regime, intensity } = happening;
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
