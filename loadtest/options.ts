/** What a load test is asked for, and the ways in which it cannot begin. */
import type { Plan, Scenario, Summary } from "../schemas/index.js";

export interface LoadtestOptions {
  /** Address of the server: http or https, with a path prefix if it has one. */
  readonly url: string;
  /** The server was started for this run; only said in the report. @default false */
  readonly ownServer?: boolean;
  /** The server's control token: the command log is read with it. Without it the subscribers are compared with each other. */
  readonly token?: string;
  /** A scenario that is not shipped, so that the stream of a server that runs it can be regenerated. @default none */
  readonly scenario?: Scenario;
  /** Sent with every connection and request. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** The `auth` payload of each connection. @default none */
  readonly auth?: Readonly<Record<string, unknown>>;
  readonly plan: Plan;
  /** @default the plan's */
  readonly clients?: number;
  /** Stretches the plan's stages to this length in all, the first ramp apart. @default the plan's */
  readonly durationMs?: number;
  /** @default the plan's */
  readonly warmupMs?: number;
  /** Milliseconds after which a subscriber that has no session is refused. @default 20_000 */
  readonly sessionTimeoutMs?: number;
  /** Generator processes; 0 generates in this process. @default all cores but one, at least one */
  readonly workers?: number;
  /** Conditions beside the plan's, such as `latencyMs.p99<50`. @default none */
  readonly thresholds?: readonly string[];
  /** Folder for the reports, made if it is not there. */
  readonly outDir: string;
  /** No progress. @default false */
  readonly quiet?: boolean;
  /** Draws a bar that overwrites itself instead of lines. @default false */
  readonly color?: boolean;
  /** Takes what is to be shown while the run goes on, a line each. @default nothing is shown */
  readonly progress?: (line: string) => void;
  /** Ends the run early; what there is by then is reported. */
  readonly signal?: AbortSignal;
  /** The command that repeats this run, for the report. */
  readonly commandLine: string;
}

export interface LoadtestResult {
  readonly summary: Summary;
  /** 0 PASS, 1 FAIL, 3 INVALID, 130 interrupted. */
  readonly exitCode: 0 | 1 | 3 | 130;
  /** Paths of the written reports; the page first. */
  readonly reportFiles: readonly string[];
}

export type TargetProblem = "badUrl" | "unreachable" | "refused" | "notSocketIo";

/** The server cannot be tested: it is not there, does not let us in, or is something else. One sentence with the way out. */
export class TargetError extends Error {
  override readonly name = "TargetError";
  readonly code: TargetProblem;

  constructor(code: TargetProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What was asked for makes no sense: a plan, a threshold, a number. */
export class PlanError extends Error {
  override readonly name = "PlanError";
}
