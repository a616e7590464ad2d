/**
 * Agents with statuses, and the discussions in which they talk about the market.
 *
 * A pure function of seed, scenario, signals and commands. Invariant: agents and discussions are kept
 * in id order, so neither the order in a scenario nor the order of creation shows anywhere.
 */
import type { ScenarioDiscussion } from "../../schemas/index.js";
import { RefusedCommandError } from "../core/errors.js";
import type { AgentPatch, AgentView, Command, DiscussionView, MessageCause, Refusal, SimEvent } from "../core/types.js";
import { Agent, type AgentState } from "./statuses/agent.js";
import type { AttentionLaw } from "./discussions/attention.js";
import { Roster } from "./statuses/roster.js";
import { triggerDiscussions } from "./discussions/event-triggers.js";
import { type Move, findMoves } from "./core/market-moves.js";
import { SortedMap } from "./core/sorted-map.js";
import { Discussion, type DiscussionState } from "./discussions/discussion.js";
import { StatusProcess } from "./statuses/status-process.js";
import type { MarketSignal } from "../core/signals.js";
import type { Agents, AgentsOptions, AgentsOutput } from "./core/types.js";

interface AgentsState {
  /** The agents' own time, in seconds: it runs faster while the market is nervous. */
  readonly tempoSeconds: number;
  /** Absent before the first tick, and where there are no sessions. */
  readonly sessionShare?: number;
  readonly agents: readonly AgentState[];
  readonly rooms: readonly DiscussionState[];
}

const silence: AgentsOutput = { events: [], causes: [] };

export function createAgents(options: AgentsOptions): Agents {
  return new SimulatedAgents(options);
}

/** Restores a snapshot; the model goes on to the same bytes. */
export function restoreAgents(options: AgentsOptions, snapshot: unknown): Agents {
  return new SimulatedAgents(options, snapshot as AgentsState);
}

class SimulatedAgents implements Agents {
  readonly #seed: string;
  readonly #scenario: AgentsOptions["scenario"];
  readonly #tickSeconds: number;
  readonly #process: StatusProcess;
  readonly #roster: Roster;
  readonly #rooms = new SortedMap<Discussion>();
  #sessionShare: number | undefined;

  constructor({ seed, scenario, startMs, tickMs }: AgentsOptions, state?: AgentsState) {
    this.#seed = seed;
    this.#scenario = scenario;
    this.#tickSeconds = tickMs / 1000;
    this.#process = new StatusProcess(scenario.activity.statusChangesPerMinute);
    const { agents = [], discussions = [] } = scenario;
    if (state === undefined) {
      const found = agents.map((agent) => Agent.found(seed, this.#process, agent, startMs));
      this.#roster = new Roster(found, this.#tickSeconds, 0);
      this.#rooms.add(...discussions.map((room) => Discussion.opened(seed, this.#lawOf(room), room, startMs)));
    } else {
      const restored = state.agents.map((agent) => Agent.restored(seed, this.#process, agent));
      this.#roster = new Roster(restored, this.#tickSeconds, state.tempoSeconds);
      this.#rooms.add(...state.rooms.map((room) => Discussion.restored(seed, this.#lawOf(room), room)));
      this.#sessionShare = state.sessionShare;
    }
  }

  get #agents(): SortedMap<Agent> {
    return this.#roster.agents;
  }

  #lawOf(room: Pick<ScenarioDiscussion, "messagesPerMinute">): AttentionLaw {
    const { messagesPerMinute, answersPerMessage, attentionSeconds } = this.#scenario.activity;
    const perSecond = (room.messagesPerMinute ?? messagesPerMinute) / 60;
    return { perSecond, answersPerMessage, attentionSeconds, tickSeconds: this.#tickSeconds };
  }

  step(signal: MarketSignal): AgentsOutput {
    const moves = findMoves(signal);
    this.#prepareRooms(signal);
    if (moves.length > 0 || signal.scenarioEvents.length > 0) this.#triggerDiscussions(moves, signal);
    const events = this.#roster.step(moves, signal);
    const causes: MessageCause[] = [];
    for (const room of this.#rooms.all) {
      const said = room.step(signal, this.#agents.all);
      if (said === undefined) continue;
      events.push(said.event);
      causes.push(said.cause);
    }
    return { events, causes };
  }

  #prepareRooms({ sectors, sessionShare }: MarketSignal): void {
    const opens = sessionShare !== undefined && this.#sessionShare !== undefined && sessionShare < this.#sessionShare;
    this.#sessionShare = sessionShare;
    for (const room of this.#rooms.all) {
      room.settle(sectors);
      if (opens) room.greet();
    }
  }

  /** Each room talks about the largest of the moves that it follows, and about every scenario event. */
  #triggerDiscussions(moves: readonly Move[], signal: MarketSignal): void {
    const { messagesPerMove } = this.#scenario.activity;
    const rooms = this.#rooms.all;
    for (const room of rooms) {
      const largest = moves.find(({ sectorId }) => room.concerns(sectorId));
      if (largest !== undefined) room.attention.trigger(largest, messagesPerMove);
    }
    for (const scenarioEvent of signal.scenarioEvents)
      triggerDiscussions(scenarioEvent, signal, this.#agents, rooms, messagesPerMove);
  }

  refuses(command: Command): Refusal | null {
    switch (command.type) {
      case "createAgent":
        return refusesNew("agent", command.agent.id, this.#agents);
      case "patchAgent":
      case "deleteAgent":
        return refusesUnknown("agent", command.id, this.#agents);
      case "createDiscussion":
        return refusesNew("discussion", command.discussion.id, this.#rooms);
      case "patchDiscussion":
      case "deleteDiscussion":
        return refusesUnknown("discussion", command.id, this.#rooms);
      case "postMessage":
        return refusesUnknown("discussion", command.discussionId, this.#rooms);
      default:
        return null;
    }
  }

  apply(command: Command, nowMs: number): AgentsOutput {
    const refusal = this.refuses(command);
    if (refusal !== null) {
      const { code, kind, id } = refusal;
      throw new RefusedCommandError(`Refused command ${command.type}: ${code} ${kind} "${id}"`);
    }
    const event = this.#obey(command, nowMs);
    return event === undefined ? silence : { events: [event], causes: [] };
  }

  #obey(command: Command, nowMs: number): SimEvent | undefined {
    switch (command.type) {
      case "createAgent": {
        const agent = Agent.created(this.#seed, this.#process, command.agent, nowMs, this.#roster.tempoSeconds);
        this.#agents.add(agent);
        this.#roster.expect(agent);
        return agent.statusEvent();
      }
      case "patchAgent":
        return this.#patchAgent(command.id, command.patch, nowMs);
      case "deleteAgent":
        this.#agents.remove(command.id);
        return undefined;
      case "createDiscussion":
        this.#rooms.add(Discussion.opened(this.#seed, this.#lawOf({}), command.discussion, nowMs));
        return undefined;
      case "patchDiscussion":
        this.#rooms.get(command.id)?.patch(command.patch);
        return undefined;
      case "deleteDiscussion":
        this.#rooms.remove(command.id);
        return undefined;
      case "postMessage":
        return this.#rooms.get(command.discussionId)?.hear(command.message);
      default:
        return undefined;
    }
  }

  #patchAgent(id: string, patch: AgentPatch, nowMs: number): SimEvent | undefined {
    const agent = this.#agents.get(id);
    if (agent?.patch(patch, this.#roster.tempoSeconds, nowMs) !== true) return undefined;
    this.#roster.expect(agent);
    return agent.statusEvent();
  }

  agents(): readonly AgentView[] {
    return this.#agents.all.map((agent) => agent.view());
  }

  agent(id: string): AgentView | undefined {
    return this.#agents.get(id)?.view();
  }

  discussions(): readonly DiscussionView[] {
    return this.#rooms.all.map((room) => room.view());
  }

  discussion(id: string): DiscussionView | undefined {
    return this.#rooms.get(id)?.view();
  }

  snapshot(): AgentsState {
    return {
      tempoSeconds: this.#roster.tempoSeconds,
      ...(this.#sessionShare !== undefined && { sessionShare: this.#sessionShare }),
      agents: this.#agents.all.map((agent) => agent.state()),
      rooms: this.#rooms.all.map((room) => room.state()),
    };
  }
}

function refusesNew<T extends { readonly id: string }>(
  kind: "agent" | "discussion",
  id: string,
  known: SortedMap<T>,
): Refusal | null {
  return known.get(id) === undefined ? null : { code: "exists", kind, id };
}

function refusesUnknown<T extends { readonly id: string }>(
  kind: "agent" | "discussion",
  id: string,
  known: SortedMap<T>,
): Refusal | null {
  return known.get(id) === undefined ? { code: "unknown", kind, id } : null;
}
