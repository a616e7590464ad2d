/** When a run does what: the plan's stages with what the flags say about their number and length. */
import type { Plan, PlanStage } from "../../schemas/index.js";

export interface Timetable {
  /** Subscribers at a share of 1. */
  readonly clients: number;
  /** The first stage, when it is a ramp; it comes before the warm-up. */
  readonly opening: PlanStage | undefined;
  readonly warmupMs: number;
  /** The measured stages. */
  readonly stages: readonly PlanStage[];
  readonly measuredMs: number;
  /** Subscribers at the fullest. */
  readonly clientsMax: number;
}

export interface TimetableFlags {
  readonly clients?: number | undefined;
  readonly durationMs?: number | undefined;
  readonly warmupMs?: number | undefined;
}

function lengthOf(stages: readonly PlanStage[]): number {
  return stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
}

export function createTimetable(plan: Plan, flags: TimetableFlags): Timetable {
  const [first] = plan.stages;
  const opening = first?.kind === "ramp" ? first : undefined;
  const planned = opening === undefined ? plan.stages : plan.stages.slice(1);
  const held: readonly PlanStage[] = planned.length > 0 ? planned : [{ kind: "hold", durationMs: 0 }];
  const length = lengthOf(held);
  const { durationMs = length, clients = plan.clients } = flags;
  const stretch = (plannedMs: number) => (length === 0 ? durationMs / held.length : (plannedMs * durationMs) / length);
  const stretched = held.map((stage) => Object.assign({}, stage, { durationMs: stretch(stage.durationMs) }));
  const shares = plan.stages.filter(({ kind }) => kind === "ramp" || kind === "spike").map(({ share = 1 }) => share);
  return {
    clients,
    opening,
    warmupMs: flags.warmupMs ?? plan.warmupMs ?? 0,
    stages: stretched,
    measuredMs: durationMs,
    clientsMax: Math.round(clients * Math.max(1, ...shares)),
  };
}
