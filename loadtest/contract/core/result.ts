/** What a run of the checker says: plain JSON, the source of every report. */
import type { EventName } from "../../../schemas/index.js";
import type { Stalls } from "../../core/stall-tolerant-timer.js";
import type { CoverageReport } from "./coverage.js";
import type { Finding, RuleOutcome } from "./findings.js";
import type { Part, Profile } from "./rules.js";

/** INVALID: nothing failed but what may be the checker's or its user's own fault, so that the run says nothing. */
export type ContractVerdict = "PASS" | "FAIL" | "INVALID" | "UNREACHABLE" | "INTERRUPTED";

export interface EventOutcome {
  readonly event: EventName;
  /** False when `expect` leaves it out. */
  readonly expected: boolean;
  readonly seen: number;
  readonly invalid: number;
  readonly verdict: "seen" | "invalid" | "never seen";
}

/** How a server fares beyond the level that it is judged on. */
export interface Beyond {
  readonly profile: Profile;
  readonly reached: boolean;
  /** Distinct findings of that level. */
  readonly findings: number;
}

export interface ContractResult {
  readonly verdict: ContractVerdict;
  /** Why it is not a pass, a sentence each. */
  readonly reasons: readonly string[];
  readonly url: string;
  /** The level that the verdict is about. */
  readonly profile: Profile;
  /** The parts over REST that the verdict is limited to; empty for all of them. */
  readonly only: readonly Part[];
  readonly strict: boolean;
  readonly readOnly: boolean;
  readonly seed: string;
  readonly listenedMs: number;
  readonly durationMs: number;
  /** How the checker itself stalled; its time limits were longer by as much. */
  readonly stalls: Stalls;
  readonly events: readonly EventOutcome[];
  /** What the server would reach if it claimed more; without `profile` only. */
  readonly beyond?: Beyond;
  readonly coverage: CoverageReport;
  readonly findings: readonly Finding[];
  readonly rules: readonly RuleOutcome[];
}
