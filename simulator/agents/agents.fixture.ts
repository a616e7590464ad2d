/** Societies for tests: a market that stands still, or does what a test says, and a log of what is said. */
import type { ScenarioAgent, ScenarioDiscussion, ScenarioActivity } from "../../schemas/index.js";
import type { SimEvent } from "../core/types.js";
import { createAgents } from "./agents.js";
import type { MarketSignal, SectorSignal } from "../core/signals.js";
import type { Agents, AgentsOptions, AgentsOutput } from "./core/types.js";

const startMs = 1_767_623_400_000;
const tickMs = 250;

const sectorNames = ["Technology", "Energy", "Utilities", "Health Care"];
export const sectorIds: readonly [string, ...string[]] = ["tech-001", "energy-001", "util-001", "health-001"];

export const agents: readonly ScenarioAgent[] = [
  { id: "agent-001", name: "Momentum Scout", role: "Trader", sectorId: "tech-001" },
  { id: "agent-002", name: "Ledger Lens", role: "Analyst" },
  { id: "agent-003", name: "Risk Sentinel", role: "Risk officer" },
  { id: "agent-004", name: "Headline Watch", role: "News editor" },
  { id: "agent-005", name: "Crude Signal", role: "Trader", sectorId: "energy-001" },
  { id: "agent-006", name: "Contrary Mind", role: "Contrarian" },
];

export const discussions: readonly ScenarioDiscussion[] = [
  { id: "disc-001", title: "Market floor", follows: [...sectorIds] },
  { id: "disc-002", title: "Technology desk", sectorId: "tech-001" },
  { id: "disc-003", title: "Power", sectorId: "energy-001", follows: ["energy-001", "util-001"] },
];

const laws: Required<ScenarioActivity> = {
  statusChangesPerMinute: 2,
  messagesPerMinute: 2,
  answersPerMessage: 0.6,
  attentionSeconds: 45,
  messagesPerMove: 1.5,
};

interface Changes {
  readonly seed?: string;
  readonly agents?: readonly ScenarioAgent[];
  readonly discussions?: readonly ScenarioDiscussion[];
  readonly activity?: ScenarioActivity;
}

export function optionsOf(changes: Changes = {}): AgentsOptions {
  const { seed = "42", activity } = changes;
  const scenario = { agents, discussions, ...changes, activity: { ...laws, ...activity } };
  return { seed, scenario, startMs, tickMs };
}

/** A signal at a tick. Prices wander by a fixed pattern, so that texts have something to say. */
export function signalAt(tick: number, changes: Partial<MarketSignal> = {}): MarketSignal {
  const sectors = sectorIds.map((id, i): SectorSignal => {
    const changePercent = (((tick * (i + 3)) % 997) - 498) / 800;
    const value = Math.round(100_000 * (1 + i / 7) * (1 + changePercent / 100)) / 100;
    return { id, name: sectorNames[i], value, changePercent, jumpPercent: 0, minutePercent: 0, minuteSigma: 0 };
  });
  return {
    tick,
    nowMs: startMs + tick * tickMs,
    phi: 1,
    stress: 1,
    sectors,
    scenarioEvents: [],
    ...changes,
  };
}

/** The same signal with a sector that has just jumped. */
export function withJump(signal: MarketSignal, id: string, jumpPercent: number): MarketSignal {
  return {
    ...signal,
    sectors: signal.sectors.map((sector) => (sector.id === id ? { ...sector, jumpPercent } : sector)),
  };
}

export function openAgents(changes: Changes = {}): Agents {
  return createAgents(optionsOf(changes));
}

/** All that is said after `from` and up to `to`; a scenario event or jump comes in through `alter`. */
export function run(
  model: Agents,
  from: number,
  to: number,
  alter: (signal: MarketSignal) => MarketSignal = (signal) => signal,
): AgentsOutput {
  const events: SimEvent[] = [];
  const causes = [];
  for (let tick = from + 1; tick <= to; tick++) {
    const said = model.step(alter(signalAt(tick)));
    events.push(...said.events);
    causes.push(...said.causes);
  }
  return { events, causes };
}

export interface SaidMessage {
  readonly discussionId: string;
  readonly id: string;
  readonly content: string;
  readonly authorId: string;
  readonly authorName: string;
  readonly timestamp: string;
  readonly type: string;
}

export function messagesOf({ events }: Pick<AgentsOutput, "events">): SaidMessage[] {
  return events.flatMap((event) =>
    event.event === "discussion:new_message"
      ? [{ ...event.payload.message, discussionId: event.payload.discussionId }]
      : [],
  );
}

export function statusesOf({ events }: Pick<AgentsOutput, "events">) {
  return events.flatMap((event) => (event.event === "agent:status_update" ? [event.payload] : []));
}

/** Ticks in so many minutes. */
export function minutes(count: number): number {
  return (count * 60_000) / tickMs;
}
