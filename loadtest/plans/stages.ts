/** What each kind of stage does, with an example: for help and documentation. A test runs every example. */
import type { PlanStage } from "../../schemas/index.js";

export interface StageKind {
  /** Completes "a stage in which ...". */
  readonly description: string;
  readonly example: PlanStage;
}

export const stageKinds: Readonly<Record<PlanStage["kind"], StageKind>> = {
  ramp: {
    description: "go evenly to the share of the clients, 1 where none is given",
    example: { kind: "ramp", durationMs: 10_000 },
  },
  hold: { description: "stay", example: { kind: "hold", durationMs: 30_000 } },
  spike: {
    description: "go to the share at once, stay, and go back",
    example: { kind: "spike", durationMs: 10_000, share: 1.5 },
  },
  churn: {
    description: "some leave for good and others come",
    example: { kind: "churn", durationMs: 20_000, perSecond: 10 },
  },
  storm: {
    description: "a share leaves at once and as many others come",
    example: { kind: "storm", durationMs: 8000, share: 0.5 },
  },
  drop: {
    description: "a share loses the connection, again and again, and comes back",
    example: { kind: "drop", durationMs: 20_000, everyMs: 5000, offlineMs: 2000 },
  },
  restart: {
    description: "the server is restarted (--restart-command), and who loses the connection comes back",
    example: { kind: "restart", durationMs: 30_000 },
  },
};
