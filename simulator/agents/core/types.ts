/**
 * What the agents see of the market, what they answer, and what a scenario sets for them.
 *
 * The data flow is one way: market -> agents -> messages. Nothing flows back.
 */
import type { ScenarioAgent, ScenarioDiscussion, ScenarioActivity } from "../../../schemas/index.js";
import type { MarketSignal } from "../../core/signals.js";
import type { AgentView, Command, DiscussionView, MessageCause, Refusal, SimEvent } from "../../core/types.js";

/** What the agents say at one tick: statuses by agent id, then messages by discussion id. */
export interface AgentsOutput {
  readonly events: readonly SimEvent[];
  readonly causes: readonly MessageCause[];
}

/** The part of a scenario that the agents need. */
export interface AgentsScenario {
  readonly agents?: readonly ScenarioAgent[];
  readonly discussions?: readonly ScenarioDiscussion[];
  readonly activity: Required<ScenarioActivity>;
}

export interface AgentsOptions {
  readonly seed: string;
  readonly scenario: AgentsScenario;
  /** Epoch milliseconds of tick 0. */
  readonly startMs: number;
  readonly tickMs: number;
}

/** The agents and their discussions: a pure function of seed, scenario, signals and commands. */
export interface Agents {
  /** Runs one tick. The answer is valid until the next call. */
  step(signal: MarketSignal): AgentsOutput;
  /** Why a command for an agent or discussion cannot be applied, or null. Sectors are the world's business. */
  refuses(command: Command): Refusal | null;
  /** Applies a command for an agent, discussion or message. A refused one throws. */
  apply(command: Command, nowMs: number): AgentsOutput;
  /** In id order. */
  agents(): readonly AgentView[];
  agent(id: string): AgentView | undefined;
  /** In id order. */
  discussions(): readonly DiscussionView[];
  discussion(id: string): DiscussionView | undefined;
  /** The whole state as plain JSON. */
  snapshot(): unknown;
}
