/** What a run leaves behind, as the summary is made of it. */
import type { Comparison, Simulation, SummaryHost, SummarySaturation } from "../../schemas/index.js";
import type { LoadtestOptions } from "../core/options.js";
import type { ClockEvidence } from "../core/server-clock.js";
import type { CostEvidence, CostProblem } from "../cost/server-cost.js";
import type { Targets } from "../core/targets.js";
import type { Timetable } from "../core/timetable.js";
import type { MergedBatch } from "../generator/merged-batches.js";
import type { GeneratorResult } from "../generator/protocol.js";
import type { MergedSecond } from "../generator/seconds.js";
import type { RestFigures } from "../rest/rest-load.js";
import type { Threshold } from "./thresholds.js";

export interface Evidence {
  readonly results: readonly GeneratorResult[];
  /** What is known of the server's clock, where the payloads' timestamps were read. */
  readonly clock: ClockEvidence | undefined;
  readonly payloadShiftMs: number;
  readonly seconds: readonly MergedSecond[];
  readonly batches: readonly MergedBatch[];
  /** Undefined where the run ended before it sent any. */
  readonly rest: RestFigures | undefined;
  readonly saturation: SummarySaturation | undefined;
  /** The server's last word on the simulation. */
  readonly simulation: Simulation | undefined;
  readonly slips: number;
  readonly intervalMs: number;
  /** Of the intended instants, on this host's clock. */
  readonly uncertaintyMs: number;
  /** The agents; none where this host generated. */
  readonly hosts: readonly SummaryHost[];
  /** What the load cost the server, or why that is not known. */
  readonly cost: CostEvidence | CostProblem;
  /** What makes it worthless to compare the subscribers of different generators. */
  readonly agreementEvidence: readonly string[];
  readonly errors: readonly string[];
  /** Of the conducting process in the measured time: it sends the REST requests. */
  readonly conductor: { readonly missedMs: number; readonly evidence: readonly string[] };
  /** Generators that gave no account. */
  readonly failures: readonly string[];
  readonly startMs: number;
  readonly startedAt: Date;
  readonly measuredMs: number;
  readonly interrupted: boolean;
  /** Why the run was ended early by itself. */
  readonly aborted: string | undefined;
  /** The measured stages that began, on the monotonic clock. */
  readonly stages: readonly { readonly name: string; readonly fromMs: number; readonly toMs: number }[];
}

export interface SummaryInput {
  readonly options: LoadtestOptions;
  readonly targets: Targets;
  readonly timetable: Timetable;
  readonly workers: number;
  readonly reason: string | undefined;
  readonly simulation: Simulation | undefined;
  readonly thresholds: readonly Threshold[];
  readonly evidence: Evidence;
  /** With the baseline; null without one. */
  readonly comparison: Comparison | null;
}
