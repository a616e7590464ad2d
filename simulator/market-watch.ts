/**
 * What the society is told of the market, tick by tick: one object, filled anew each time.
 *
 * "The market" is the common factor here, not the index: the index depends on which sectors there are, and a
 * newcomer among them must not change what anybody says elsewhere. Only `indexValue` is the index itself.
 */
import { parseDuration } from "../schemas/index.js";
import type { Happenings, Occurring } from "./market/happenings.js";
import type { Market } from "./market/market.js";
import { roundPrice } from "./numeric/price.js";
import type { HappeningSignal, MarketSignal } from "./society/types.js";

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
      indexValue: 0,
      indexChangePercent: 0,
      indexMinuteSigma: 0,
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
    signal.indexValue = roundPrice(market.index.value);
    signal.indexChangePercent = market.changePercent;
    signal.indexMinuteSigma = market.factor.minuteSigma;
    signal.happenings = starting.length === 0 ? none : starting.map(toSignal);
    return signal;
  }
}

const none: readonly HappeningSignal[] = [];

function toSignal(happening: Occurring): HappeningSignal {
  const { type, sectorId, agentIds, discussionIds, text, duration, regime, intensity, movePercent } = happening;
  return {
    kind: type,
    ...(sectorId !== undefined && { sectorId }),
    ...(agentIds !== undefined && { agentIds }),
    ...(discussionIds !== undefined && { discussionIds }),
    ...(text !== undefined && { text }),
    ...(regime !== undefined && { regime }),
    ...(intensity !== undefined && { intensity }),
    ...(movePercent !== undefined && { movePercent }),
    ...(duration !== undefined && { durationMs: parseDuration(duration) }),
  };
}
