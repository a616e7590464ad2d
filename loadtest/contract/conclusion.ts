/** What follows from a run: the verdict, its reasons, and the whole result. */
import type { Finding } from "./core/findings.js";
import { contractDefaults } from "./core/options.js";
import type { ContractResult, ContractVerdict, EventOutcome } from "./core/result.js";
import { includesLevel, rules } from "./core/rules.js";
import type { Run } from "./core/run-context.js";

function verdictOf(
  { profile, strict }: Run,
  findings: readonly Finding[],
): { readonly verdict: "PASS" | "FAIL" | "INVALID"; readonly reasons: string[] } {
  const isBroken = ({ severity }: Finding): boolean => severity === "error" || (strict && severity === "warning");
  const isDoubtful = ({ rule, severity }: Finding): boolean =>
    severity === "inconclusive" && (strict || rules[rule].severity === "error");
  const within = findings.filter(({ level }) => includesLevel(profile, level));
  const broken = within.filter(isBroken);
  const counted = [...broken, ...within.filter(isDoubtful)];
  return {
    verdict: broken.length > 0 ? "FAIL" : counted.length > 0 ? "INVALID" : "PASS",
    reasons: counted.map(({ rule, subject, detail, count, inconclusive }) => {
      const times = count > 1 ? ` (${count} times)` : "";
      return `${rule}: ${subject}: ${detail}${times}${inconclusive === undefined ? "" : `; inconclusive, because ${inconclusive}`}`;
    }),
  };
}

/** What a whole run that claimed nothing found of the next level; nothing where it never came to look at that. */
function beyondOf({ options, findings: recorded }: Run, findings: readonly Finding[]): Pick<ContractResult, "beyond"> {
  const isLookedAt = recorded.outcomes().some(({ level }) => level === "core");
  if (options.profile !== undefined || options.only !== undefined || !isLookedAt) return {};
  const core = findings.filter(({ level, severity }) => level === "core" && severity === "error");
  return { beyond: { profile: "core", reached: core.length === 0, findings: core.length } };
}

/** `ended`: the verdict where it was not the findings that ended the run, and `why`. */
export function conclude(
  run: Run,
  ended: ContractVerdict | undefined,
  why: readonly string[],
  events: readonly EventOutcome[],
): ContractResult {
  const { findings: recorded, options, target, profile, strict, readOnly, coverage, forMs, startedMs } = run;
  // What failed because nobody was there, or nobody was let in, says nothing about the server.
  const isJudged = ended !== "UNREACHABLE" && ended !== "INVALID";
  const findings = isJudged ? recorded.list() : [];
  const judged = verdictOf(run, findings);
  const durationMs = Math.round(performance.now() - startedMs);
  return {
    verdict: ended ?? judged.verdict,
    reasons: [...why, ...judged.reasons],
    url: target.base,
    profile,
    only: options.only ?? [],
    strict,
    readOnly,
    seed: options.seed ?? contractDefaults.seed,
    listenedMs: Math.min(forMs, durationMs),
    durationMs,
    stalls: run.stalls.stalls,
    events,
    ...(ended === undefined ? beyondOf(run, findings) : {}),
    coverage: coverage.report(options.profile ?? "core"),
    findings,
    rules: isJudged ? recorded.outcomes() : [],
  };
}
