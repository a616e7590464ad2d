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

/** What each of the stages is called: from the second of a name on, with a number behind it. */
export function nameStages(stages: readonly PlanStage[]): string[] {
  const counts = new Map<string, number>();
  return stages.map(({ name, kind }) => {
    const base = name ?? kind;
    const count = (counts.get(base) ?? 0) + 1;
    counts.set(base, count);
    return count === 1 ? base : `${base} ${count}`;
  });
}

/** The stages of a plan that are measured: all, but for a ramp at the beginning. */
export function measuredStages({ stages }: Plan): readonly PlanStage[] {
  const measured = stages[0]?.kind === "ramp" ? stages.slice(1) : stages;
  return measured.length > 0 ? measured : [{ kind: "hold", durationMs: 0 }];
}

function lengthOf(stages: readonly PlanStage[]): number {
  return stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
}

export function createTimetable(plan: Plan, flags: TimetableFlags): Timetable {
  const [first] = plan.stages;
  const opening = first?.kind === "ramp" ? first : undefined;
  const held = measuredStages(plan);
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
