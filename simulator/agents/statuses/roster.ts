/**
 * The agents and their statuses.
 *
 * Time here is the tempo: it runs faster while the market is nervous. When the next of all changes is due is known in
 * advance, so a tick at which nobody changes costs two comparisons, however many agents there are.
 */
import type { Agent } from "./agent.js";
import { failAgents } from "./outages.js";
import type { Move } from "../core/market-moves.js";
import { SortedMap } from "../core/sorted-map.js";
import { never, tempoAt } from "./status-process.js";
import type { ScenarioEventSignal, MarketSignal } from "../../core/signals.js";
import type { SimEvent } from "../../core/types.js";

export class Roster {
  readonly agents = new SortedMap<Agent>();
  readonly #tickSeconds: number;
  #tempoSeconds: number;
  /** The earliest change of any agent: in tempo time, and of outages in milliseconds. Never too late. */
  #nextSeconds = never;
  #nextMs = never;

  constructor(agents: readonly Agent[], tickSeconds: number, tempoSeconds: number) {
    this.#tickSeconds = tickSeconds;
    this.#tempoSeconds = tempoSeconds;
    this.agents.add(...agents);
    for (const agent of agents) this.expect(agent);
  }

  get tempoSeconds(): number {
    return this.#tempoSeconds;
  }

  /** To be told of every agent whose next change may have come nearer. */
  expect(agent: Agent): void {
    const { seconds, ms } = agent.next();
    if (seconds < this.#nextSeconds) this.#nextSeconds = seconds;
    if (ms < this.#nextMs) this.#nextMs = ms;
  }

  /** One tick. Returns the changes in id order. */
  step(moves: readonly Move[], signal: MarketSignal): SimEvent[] {
    this.#tempoSeconds += tempoAt(signal.stress) * this.#tickSeconds;
    const affected = moves.length > 0 || signal.scenarioEvents.length > 0;
    const due = this.#tempoSeconds >= this.#nextSeconds || signal.nowMs >= this.#nextMs;
    return affected || due ? this.#change(moves, signal) : [];
  }

  #change(moves: readonly Move[], signal: MarketSignal): SimEvent[] {
    const { scenarioEvents, nowMs, tick } = signal;
    const failed = new Set(scenarioEvents.flatMap((scenarioEvent) => failAgents(scenarioEvent, signal, this.agents)));
    const events: SimEvent[] = [];
    this.#nextSeconds = never;
    this.#nextMs = never;
    for (const agent of this.agents.all) {
      if (failed.has(agent)) events.push(agent.statusEvent());
      else if (agent.isDue(this.#tempoSeconds, nowMs)) {
        agent.change(this.#tempoSeconds, nowMs);
        events.push(agent.statusEvent());
      } else if (isAffected(agent, moves, scenarioEvents)) agent.wake(this.#tempoSeconds, tick);
      this.expect(agent);
    }
    return events;
  }
}

/** Agents of a sector notice what happens there; those of no sector notice what happens to the whole market. */
function isAffected(
  { sectorId }: Agent,
  moves: readonly Move[],
  scenarioEvents: readonly ScenarioEventSignal[],
): boolean {
  const inSector = sectorId !== undefined && moves.some((move) => move.sectorId === sectorId);
  return inSector || scenarioEvents.some((scenarioEvent) => (scenarioEvent.sectorId ?? sectorId) === sectorId);
}
