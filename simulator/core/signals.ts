/**
 * What the agents see of the market at one tick.
 *
 * The data flow is one way: market -> agents -> messages. Nothing flows back.
 */
import type { ScenarioEvent } from "../../schemas/index.js";

/** A sector as the agents see it. */
export interface SectorSignal {
  readonly id: string;
  readonly name: string;
  readonly value: number;
  /** Since the session opened. */
  readonly changePercent: number;
  /** The jump of this tick, or 0. */
  readonly jumpPercent: number;
  /** Return over the last closed minute, on the tick that closes it; otherwise 0. */
  readonly minutePercent: number;
  /** The same return in standard deviations; otherwise 0. */
  readonly minuteSigma: number;
}

/** The market at one tick. The world reuses the object: the agents read it during `step` and never keep it. */
export interface MarketSignal {
  readonly tick: number;
  readonly nowMs: number;
  /** Intraday shape of activity; 1 is the average. */
  readonly phi: number;
  /** Present volatility factor relative to normal; 1 is normal. */
  readonly stress: number;
  /** Share of the session gone, 0 to 1. Absent where there are no sessions. */
  readonly sessionShare?: number;
  readonly sectors: readonly SectorSignal[];
  /** Those that start this tick. */
  readonly scenarioEvents: readonly ScenarioEventSignal[];
}

/** A scenario event of the scenario's timeline, as far as it concerns the agents. */
export interface ScenarioEventSignal {
  readonly kind: ScenarioEvent["type"];
  /** The sector it concerns; without one, the whole market. */
  readonly sectorId?: string;
  /** The agents it concerns; without them, all. */
  readonly agentIds?: readonly string[];
  /** The discussions it concerns; without them, all. */
  readonly discussionIds?: readonly string[];
  /** What is whispered, as the end of a sentence: "a large supplier has lost a contract". */
  readonly text?: string;
  readonly durationMs?: number;
  /** The regime that begins. */
  readonly regime?: string;
  /** Multiplies the rate of messages, where the scenario says so. */
  readonly intensity?: number;
}
