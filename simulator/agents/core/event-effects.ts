/** What the scenario events of a scenario do to a room's attention, and for how long. The forecast reads the same table. */
import { type ScenarioEvent, parseDuration } from "../../../schemas/index.js";

export interface EventEffect {
  /** Messages that it provokes at once, in units of the agents' `messagesPerMove`. */
  readonly moves: number;
  /** Multiplies the rate of messages while it lasts, where the scenario gives no intensity. */
  readonly intensity: number;
  /** How long it lasts, where the scenario does not say. */
  readonly durationMs: number;
}

export const eventEffects: Readonly<Record<ScenarioEvent["type"], EventEffect>> = {
  regime: { moves: 1, intensity: 1, durationMs: 0 },
  flashCrash: { moves: 3, intensity: 4, durationMs: parseDuration("5m") },
  sectorShock: { moves: 2, intensity: 1.5, durationMs: parseDuration("1m") },
  rumour: { moves: 2, intensity: 2, durationMs: parseDuration("10m") },
  agentOutage: { moves: 1, intensity: 1, durationMs: parseDuration("2m") },
  chatterBurst: { moves: 1, intensity: 5, durationMs: parseDuration("5m") },
  halt: { moves: 2, intensity: 1, durationMs: 0 },
  resume: { moves: 1.5, intensity: 1, durationMs: 0 },
};
