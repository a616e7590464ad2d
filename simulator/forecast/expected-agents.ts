/**
 * What the agents will say of one run of the market, in the mean: its laws without its dice.
 *
 * Linear as they are, the laws of statuses and messages hold for the means, too. Left out, because they are worth less
 * than a percent: idle agents that wake early, and rooms that fall silent while everybody is in error.
 */
import { exp } from "../numeric/exp-log.js";
import type { CompleteScenario } from "../scenario/complete.js";
import type { ScenarioAgent, ScenarioDiscussion } from "../../schemas/index.js";
import { eventEffects } from "../agents/core/event-effects.js";
import { type Move, findMoves } from "../agents/core/market-moves.js";
import { dwellDispersion, tempoAt } from "../agents/statuses/status-process.js";
import type { ScenarioEventSignal, MarketSignal } from "../core/signals.js";

/** A number that is random: what to expect, and its variance. */
export interface Expected {
  readonly mean: number;
  readonly variance: number;
}

/** Longer steps would blur the attention of a room. */
const stepSecondsMax = 5;

export class ExpectedAgents {
  readonly #scenario: CompleteScenario;
  readonly #rooms: readonly ExpectedRoom[];
  #changes = 0;
  #outages = 0;

  constructor(scenario: CompleteScenario) {
    this.#scenario = scenario;
    this.#rooms = scenario.discussions.map((room) => new ExpectedRoom(room, scenario));
  }

  /** Takes in what the market shows over the next seconds. */
  step(signal: MarketSignal, seconds: number): void {
    const { agents, activity } = this.#scenario;
    this.#changes += (agents.length * activity.statusChangesPerMinute * tempoAt(signal.stress) * seconds) / 60;
    for (const scenarioEvent of signal.scenarioEvents) {
      if (scenarioEvent.kind === "agentOutage") this.#outages += 2 * countAgents(scenarioEvent, agents);
    }
    const moves = findMoves(signal);
    for (const room of this.#rooms) room.step(signal, moves, seconds);
  }

  /** Changes of status so far. */
  get statuses(): Expected {
    return { mean: this.#changes + this.#outages, variance: this.#changes * dwellDispersion + this.#outages };
  }

  /** Messages so far. A Hawkes count has the variance mean / (1 - branching)^2. */
  get messages(): Expected {
    const { agents, activity } = this.#scenario;
    if (agents.length === 0) return { mean: 0, variance: 0 };
    const mean = this.#rooms.reduce((sum, room) => sum + room.messages, 0);
    const calm = 1 - activity.answersPerMessage;
    return { mean, variance: mean / (calm * calm) };
  }
}

/** Going to error and coming back is two changes. */
function countAgents({ agentIds, sectorId }: ScenarioEventSignal, agents: readonly ScenarioAgent[]): number {
  if (agentIds !== undefined) return agentIds.length;
  return sectorId === undefined ? agents.length : agents.filter((agent) => agent.sectorId === sectorId).length;
}

class ExpectedRoom {
  messages = 0;
  readonly #id: string;
  readonly #follows: ReadonlySet<string>;
  readonly #perSecond: number;
  readonly #activity: CompleteScenario["activity"];
  /** Messages a second that earlier messages, and moves, provoke. */
  #echo: number;
  #triggered = 0;
  #agitations: { readonly factor: number; readonly endsMs: number }[] = [];

  constructor(room: ScenarioDiscussion, { sectors, activity }: CompleteScenario) {
    this.#id = room.id;
    this.#activity = activity;
    this.#follows = new Set(
      room.follows ?? (room.sectorId === undefined ? sectors.map(({ id }) => id) : [room.sectorId]),
    );
    this.#perSecond = (room.messagesPerMinute ?? activity.messagesPerMinute) / 60;
    this.#echo = this.#perSecond * activity.answersPerMessage;
  }

  step(signal: MarketSignal, moves: readonly Move[], seconds: number): void {
    const { messagesPerMove, attentionSeconds } = this.#activity;
    if (moves.some(({ sectorId }) => this.#follows.has(sectorId)))
      this.#triggered += messagesPerMove / attentionSeconds;
    for (const scenarioEvent of signal.scenarioEvents) this.#hearOf(scenarioEvent, signal.nowMs);
    const parts = Math.ceil(seconds / stepSecondsMax);
    const partSeconds = seconds / parts;
    for (let part = 0; part < parts; part++) this.#pass(signal, partSeconds, signal.nowMs + part * partSeconds * 1000);
  }

  #hearOf(scenarioEvent: ScenarioEventSignal, nowMs: number): void {
    const { kind, sectorId, discussionIds, durationMs, intensity } = scenarioEvent;
    const concerned = discussionIds?.includes(this.#id) ?? (sectorId === undefined || this.#follows.has(sectorId));
    if (!concerned) return;
    const law = eventEffects[kind];
    this.#triggered += (law.moves * this.#activity.messagesPerMove) / this.#activity.attentionSeconds;
    this.#agitations.push({ factor: (intensity ?? law.intensity) - 1, endsMs: nowMs + (durationMs ?? law.durationMs) });
  }

  /** Mean rates obey echo' = (answers * rate - echo) / attention, solved exactly for a constant drive. */
  #pass({ phi }: MarketSignal, seconds: number, nowMs: number): void {
    const { answersPerMessage, attentionSeconds } = this.#activity;
    this.#agitations = this.#agitations.filter(({ endsMs }) => endsMs > nowMs);
    const factor = this.#agitations.reduce((sum, agitation) => sum + agitation.factor, 1);
    const fading = fade(seconds / attentionSeconds);
    const drive = this.#perSecond * (1 - answersPerMessage) * phi * factor + this.#triggered * fading.mean;
    this.#triggered *= fading.end;
    const rest = (drive * answersPerMessage) / (1 - answersPerMessage);
    const settling = fade(((1 - answersPerMessage) * seconds) / attentionSeconds);
    this.messages += (drive + rest + (this.#echo - rest) * settling.mean) * seconds;
    this.#echo = rest + (this.#echo - rest) * settling.end;
  }
}

/** An exponential decay over so many time constants: where it ends, and its mean on the way. */
function fade(share: number): { readonly end: number; readonly mean: number } {
  const end = exp(-share);
  return { end, mean: (1 - end) / share };
}
