/** What a run of the checker says: plain JSON, the source of every report. */
import type { EventName } from "../../../schemas/index.js";
import type { Stalls } from "../../core/stall-tolerant-timer.js";
import type { CoverageReport } from "./coverage.js";
import type { AcceptedReport } from "../accepted/accepted-findings.js";
import type { Finding, RuleOutcome } from "./findings.js";
import type { Part, Profile, RuleName } from "./rules.js";

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

/** How far a server came: the levels that it keeps, and what the first one asks for that it does not. */
export interface LevelReport {
  /** The highest level that was judged and of which nothing is broken, accepted or not; null where there is none. */
  readonly reached: Profile | null;
  /** The level after that; null after the last one. */
  readonly next: {
    readonly level: Profile;
    /** False where the run did not look at it. */
    readonly isJudged: boolean;
    /** The rules that keep the server from it. */
    readonly rules: readonly RuleName[];
    /** Distinct findings of these rules. */
    readonly findings: number;
  } | null;
}

export interface KeptOutcome {
  readonly id: string;
  readonly outcome: "still there" | "mended" | "not reached";
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
  /** The case that was repeated alone; the verdict and `findings` are about nothing else. */
  readonly case?: string;
  readonly strict: boolean;
  readonly readOnly: boolean;
  readonly seed: string;
  /** Headers that were given to be sent with everything; their values may be secrets. */
  readonly headerNames: readonly string[];
  /** Null without TLS. */
  readonly certificate: "verified" | "unverified" | null;
  readonly listenedMs: number;
  readonly durationMs: number;
  /** How the checker itself stalled; its time limits were longer by as much. */
  readonly stalls: Stalls;
  readonly events: readonly EventOutcome[];
  /** What a server answered that was offered permessage-deflate; undefined where nobody listened over WebSocket. */
  readonly compression?: "permessage-deflate" | "none";
  /** Undefined where the run did not come to its end, or was limited to some parts. */
  readonly levels?: LevelReport;
  readonly coverage: CoverageReport;
  readonly findings: readonly Finding[];
  /** Where a file of accepted findings was given. */
  readonly accepted?: AcceptedReport;
  /** What became of the cases that failed before, where some were repeated. */
  readonly kept?: readonly KeptOutcome[];
  readonly rules: readonly RuleOutcome[];
}
