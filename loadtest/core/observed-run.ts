/** A run as it is seen while it goes on. Nothing is copied: each property is what is known when it is read. */
import type { Summary, SummarySecond } from "../../schemas/index.js";
import type { LatencyHistogram } from "./histogram.js";

export interface ObservedRoute {
  /** Method and path, without secrets, or its name. */
  readonly route: string;
  readonly perSecond: number;
  /** Answered, those included that failed. */
  readonly requests: number;
  readonly failed: number;
  /** Not answered. */
  readonly errors: number;
  /** Of the answers, from when each request was due. */
  readonly latency: LatencyHistogram;
}

export interface ObservedRun {
  /** Its name. */
  readonly plan: string;
  /** All addresses, for people. */
  readonly target: string;
  /** What it does: a kind of stage, or connect, warm-up, drain, saturate. */
  readonly stage: string;
  readonly elapsedMs: number;
  /** Of the plan, without connecting and draining. */
  readonly plannedMs: number;
  readonly connected: number;
  /** Since the start of the run. */
  readonly deliveries: number;
  /** Deliveries that were not as they had to be, so far. */
  readonly faults: number;
  /** Of the measured deliveries. */
  readonly latency: LatencyHistogram;
  /** The seconds that are over. */
  readonly timeline: readonly SummarySecond[];
  /** Of the generator that has most of it, in the last second. */
  readonly generator: { readonly utilisation: number; readonly rssBytes: number };
  /** Of the measured requests; none before they are sent. */
  readonly routes: readonly ObservedRoute[];
}

/** Is told of a run once it goes on, and of what came of it. */
export interface RunObserver {
  begin(run: ObservedRun): void;
  end(summary: Summary): void;
}
