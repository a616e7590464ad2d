/** What follows from a run: the verdict, its reasons, and the whole result. */
import { type AcceptedFinding, judgeAccepted, reasonOf } from "./accepted/accepted-findings.js";
import { describeCertificates } from "../core/certificates.js";
import { type CaseId, hashSubject, parseCaseId } from "./core/case-id.js";
import type { Finding } from "./core/findings.js";
import { contractDefaults } from "./core/options.js";
import type { ContractResult, ContractVerdict, EventOutcome, LevelReport } from "./core/result.js";
import { type Profile, includesLevel, profiles, rules } from "./core/rules.js";
import type { AgreedCompression } from "./events/compression.js";
import type { Run } from "./core/run-context.js";

/** Whether a finding keeps a server from a level: a warning only where the run is strict. */
export function isBroken({ severity }: Finding, strict: boolean): boolean {
  return severity === "error" || (strict && severity === "warning");
}

function isDoubtful({ rule, severity }: Finding, strict: boolean): boolean {
  return severity === "inconclusive" && (strict || rules[rule].severity === "error");
}

/** Whether a finding is the one that a case names, whichever part found it. */
export function isCase({ id }: Finding, { rule, subjectHash, placeHash }: CaseId): boolean {
  const found = parseCaseId(id);
  return found?.rule === rule && found.subjectHash === subjectHash && found.placeHash === placeHash;
}

interface Judged {
  readonly verdict: "PASS" | "FAIL" | "INVALID";
  readonly reasons: readonly string[];
}

function verdictOf({ profile, strict }: Run, findings: readonly Finding[]): Judged {
  const within = findings.filter(({ level }) => includesLevel(profile, level));
  const broken = within.filter((finding) => isBroken(finding, strict));
  const counted = [...broken, ...within.filter((finding) => isDoubtful(finding, strict))];
  return {
    verdict: broken.length > 0 ? "FAIL" : counted.length > 0 ? "INVALID" : "PASS",
    reasons: counted.map(({ rule, subject, detail, count, inconclusive }) => {
      const times = count > 1 ? ` (${count} times)` : "";
      return `${rule}: ${subject}: ${detail}${times}${inconclusive === undefined ? "" : `; inconclusive, because ${inconclusive}`}`;
    }),
  };
}

/** A case passes only where its rule was held against its subject. */
function verdictOfCase(run: Run, repeated: CaseId, [found]: readonly Finding[]): Judged {
  if (found !== undefined) {
    const judged = verdictOf({ ...run, profile: "management", strict: true }, [found]);
    return judged;
  }
  const { rule, subjectHash } = repeated;
  if (run.findings.isExercised(rule, (subject) => hashSubject(subject) === subjectHash))
    return { verdict: "PASS", reasons: [] };
  const [other] = run.findings.list();
  const why = other === undefined ? "" : `; instead: ${other.rule}: ${other.subject}: ${other.detail}`;
  return { verdict: "INVALID", reasons: [`the case was not reached: nothing was held against ${rule} there${why}`] };
}

/** The levels that a whole run found kept, up to the first one that is not. */
function levelsOf({ findings: recorded, strict }: Run, findings: readonly Finding[]): LevelReport {
  const judged = new Set(recorded.outcomes().map(({ level }) => level));
  let reached: Profile | null = null;
  for (const level of profiles) {
    const against = findings.filter(
      (finding) => finding.level === level && (isBroken(finding, strict) || isDoubtful(finding, strict)),
    );
    const isJudged = judged.has(level);
    if (!isJudged || against.length > 0) {
      const broken = [...new Set(against.map(({ rule }) => rule))];
      return { reached, next: { level, isJudged, rules: broken, findings: against.length } };
    }
    reached = level;
  }
  return { reached, next: null };
}

export interface Conclusion {
  /** The verdict where it was not the findings that ended the run, and `why`. */
  readonly ended?: ContractVerdict;
  readonly why?: string;
  readonly events?: readonly EventOutcome[];
  readonly compression?: AgreedCompression;
  /** Findings of kept cases that were repeated under another seed, which count as well. */
  readonly kept?: readonly Finding[];
  readonly accepted?: readonly AcceptedFinding[];
}

/** The findings that count for a run; of a repeated case only that one. */
function findingsOf({ findings: recorded, repeated }: Run, kept: readonly Finding[]): readonly Finding[] {
  const found = recorded.list();
  if (repeated !== undefined) return found.filter((finding) => isCase(finding, repeated));
  const ids = new Set(found.map(({ id }) => id));
  return [...found, ...kept.filter(({ id }) => !ids.has(id))];
}

export function conclude(run: Run, conclusion: Conclusion): ContractResult {
  const { ended, why, events = [], compression, kept = [], accepted = [] } = conclusion;
  const { findings: recorded, options, target, profile, strict, readOnly, coverage, forMs, startedMs, repeated } = run;
  // What failed because nobody was there, or nobody was let in, says nothing about the server.
  const isJudged = ended !== "UNREACHABLE" && ended !== "INVALID";
  const findings = isJudged ? findingsOf(run, kept) : [];
  const failing = findings.filter((finding) => includesLevel(profile, finding.level) && isBroken(finding, strict));
  const file = repeated === undefined && isJudged ? options.accept : undefined;
  const isUpdated = options.updateAccepted === true && ended === undefined;
  const report =
    file === undefined ? undefined : judgeAccepted(accepted, { file, findings, failing, recorded, isUpdated });
  const shown = findings.map((finding) => {
    const reason = report === undefined ? undefined : reasonOf(report.entries, finding);
    return reason === undefined ? finding : { ...finding, accepted: reason };
  });
  const open = shown.filter((finding) => finding.accepted === undefined);
  const judged = repeated === undefined ? verdictOf(run, open) : verdictOfCase(run, repeated, open);
  const durationMs = Math.round(performance.now() - startedMs);
  return {
    verdict: ended ?? judged.verdict,
    reasons: [...(why === undefined ? [] : [why]), ...judged.reasons],
    url: target.base,
    profile,
    only: options.only ?? [],
    ...(options.case === undefined ? {} : { case: options.case }),
    strict,
    readOnly,
    seed: options.seed ?? contractDefaults.seed,
    headerNames: Object.keys(options.headers ?? {}),
    certificate: describeCertificates([target.url]),
    listenedMs: events.length === 0 ? 0 : Math.min(forMs, durationMs),
    durationMs,
    stalls: run.stalls.stalls,
    events,
    ...(compression === undefined ? {} : { compression }),
    ...(ended === undefined && options.only === undefined ? { levels: levelsOf(run, findings) } : {}),
    coverage: coverage.report(options.profile ?? "core"),
    findings: shown,
    ...(report === undefined ? {} : { accepted: report }),
    rules: isJudged ? recorded.outcomes() : [],
  };
}
