/** Worlds for tests: small scenarios, digests and runs. */
import { hash } from "node:crypto";
import type { Scenario } from "../../schemas/index.js";
import { type StreamDigest, createStreamDigest } from "../history/stream-digest.js";
import { type CompleteScenario, completeScenario } from "../scenario/complete.js";
import { shippedScenarios } from "../scenarios/index.js";
import type { NewMessage, TickBatch, World } from "../core/types.js";
import { createWorld } from "./world.js";

export function sha256(text: string): string {
  return hash("sha256", text);
}

export function shipped(name: string): CompleteScenario {
  const scenario = shippedScenarios.get(name);
  if (scenario === undefined) throw new Error(`There is no shipped scenario ${name}`);
  return scenario;
}

/** Three sectors, two agents, two rooms, lively enough to say something within a minute. */
export function smallScenario(changes: Partial<Scenario> = {}): CompleteScenario {
  return completeScenario({
    name: "small",
    title: "Small",
    description: "A world for tests.",
    start: "2026-01-05T14:30:00.000Z",
    sectors: [
      { id: "tech-001", name: "Technology", value: 1250.5, indexWeight: 0.5, beta: 1.2, idioVolatilityPercent: 9 },
      { id: "energy-001", name: "Energy", value: 876.9, indexWeight: 0.3, beta: 1.1, idioVolatilityPercent: 19 },
      { id: "util-001", name: "Utilities", value: 815.05, indexWeight: 0.2, beta: 0.5, idioVolatilityPercent: 15 },
    ],
    agents: [
      { id: "agent-001", name: "Momentum Scout", role: "Trader", sectorId: "tech-001" },
      { id: "agent-002", name: "Ledger Lens", role: "Analyst" },
      { id: "agent-003", name: "Third Eye", role: "Analyst" },
    ],
    discussions: [
      { id: "disc-001", title: "Market floor", follows: ["tech-001", "energy-001"] },
      { id: "disc-002", title: "Technology desk", sectorId: "tech-001" },
    ],
    activity: { statusChangesPerMinute: 20, messagesPerMinute: 20 },
    ...changes,
  });
}

/** A scenario in which everything happens within a minute. */
export function eventfulScenario(): CompleteScenario {
  return smallScenario({
    calendar: { mode: "sessions", sessionSeconds: 60 },
    pace: 7,
    market: { jumps: { marketPerDay: 40, sectorPerDay: 40 }, regimes: { stressMeanDays: 0.01, calmMeanDays: 0.01 } },
    events: [
      { type: "flashCrash", at: "2s", duration: "3s", recovery: "6s", every: "15s" },
      { type: "sectorShock", at: "4s", sectorId: "tech-001", movePercent: 2, duration: "2s", every: "5s" },
      { type: "regime", at: "6s", regime: "stress", duration: "4s" },
      { type: "halt", at: "9s", duration: "2s" },
      { type: "halt", at: "13s", sectorId: "energy-001" },
      { type: "resume", at: "14s", sectorId: "energy-001" },
      { type: "agentOutage", at: "5s", duration: "5s", agentIds: ["agent-001"] },
      { type: "rumour", at: "7s", text: "a draw is near", sectorId: "tech-001", movePercent: 1, duration: "3s" },
    ],
  });
}

export function openWorld(seed: string, scenario: Scenario = smallScenario(), tickMs?: number): World {
  return createWorld({ seed, scenario, ...(tickMs !== undefined && { tickMs }) });
}

export function runTicks(world: World, ticks: number): TickBatch[] {
  return Array.from({ length: ticks }, () => world.step());
}

/** A digest of so many more ticks. */
export function digestTicks(world: World, ticks: number): StreamDigest {
  const digest = createStreamDigest({ hash: sha256 });
  for (let tick = 0; tick < ticks; tick++) digest.observe(world.step());
  return digest;
}

/** A message as it is posted by somebody whom nobody knows, but for what is given. */
export function posted(message: Pick<NewMessage, "id" | "content" | "authorId"> & Partial<NewMessage>): NewMessage {
  return { authorName: message.authorId, type: "text", timestampMs: 1_767_623_400_000, ...message };
}

/** As if it had been written to a file and read again. */
export function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
