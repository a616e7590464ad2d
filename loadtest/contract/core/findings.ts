/**
 * The findings of a run: which rule was held against what, how often, and what broke it.
 *
 * Only `check` writes to it, so that a rule that was never exercised shows as such: silence is not
 * a pass. Equal findings are counted, not repeated; the first one keeps its example.
 */
import { excerpt } from "../../core/excerpt.js";
import { type Profile, type RuleName, rules } from "./rules.js";

/** What to say about a check that failed. */
export interface Failure {
  /** A sentence with the offending value. */
  readonly detail: string;
  /** JSON pointer into the payload or body. */
  readonly pointer?: string;
  /** Keyword of the schema that failed. */
  readonly keyword?: string;
  /** The offending value. */
  readonly value?: unknown;
  /** The whole payload, request or answer. */
  readonly example?: unknown;
  /** Why it may be the checker's own fault; then it is no verdict on the server. */
  readonly inconclusive?: string | undefined;
}

export interface Finding extends Failure {
  readonly rule: RuleName;
  /** "inconclusive" is what may be the checker's own fault: it neither fails a run nor lets it pass. */
  readonly severity: "error" | "warning" | "inconclusive";
  /** The level of the contract that it was found in. */
  readonly level: Profile;
  /** The event, or the operation, such as `GET /api/sectors`. */
  readonly subject: string;
  /** How often it was seen; the rest shows the first time. */
  readonly count: number;
}

/** How a rule fared in one level of the contract. */
export interface RuleOutcome {
  readonly rule: RuleName;
  readonly level: Profile;
  readonly checked: number;
  readonly broken: number;
}

/** Holds rules of one level against what a server does. */
export interface Judge {
  readonly level: Profile;
  /** Counts a check and, where it failed, keeps the finding. Returns whether it held. */
  check(rule: RuleName, subject: string, holds: boolean, failure: () => Failure): boolean;
}

export interface Findings {
  judge(level: Profile): Judge;
  list(): Finding[];
  outcomes(): RuleOutcome[];
}

/** Distinct findings that are kept of one rule in one level: no rule that is broken often hides another. */
const findingsMax = 100;

/** The pointer without array positions, so that the same defect in fifty rows is one finding. */
function placeOf(pointer: string): string {
  return pointer.replaceAll(/\/\d+(?=\/|$)/g, "/*");
}

/** Characters of JSON of an offending value or a whole payload that are kept as they are. */
const exampleCharactersMax = 16_384;

/** The value, or the beginning of its JSON where it is long or nested too deep to be written. */
function boundExample(value: unknown): unknown {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch {
    return "(nested too deep to be shown)";
  }
  return json === undefined || json.length <= exampleCharactersMax ? value : `${excerpt(json)}...`;
}

/** The same finding in bounded memory: a server chooses much of what is in it. */
function boundFailure({ detail, pointer, value, example, ...rest }: Failure): Failure {
  return {
    ...rest,
    detail: excerpt(detail),
    ...(pointer === undefined ? {} : { pointer: excerpt(pointer) }),
    ...(value === undefined ? {} : { value: boundExample(value) }),
    ...(example === undefined ? {} : { example: boundExample(example) }),
  };
}

export function createFindings(): Findings {
  const findings = new Map<string, Finding & { count: number }>();
  const outcomes = new Map<string, { rule: RuleName; level: Profile; checked: number; broken: number }>();

  function outcomeOf(rule: RuleName, level: Profile): { checked: number; broken: number } {
    const key = `${rule} ${level}`;
    let outcome = outcomes.get(key);
    if (outcome === undefined) outcomes.set(key, (outcome = { rule, level, checked: 0, broken: 0 }));
    return outcome;
  }

  const kinds = new Map<string, number>();

  function keep(rule: RuleName, level: Profile, about: string, failure: Failure): void {
    const subject = excerpt(about);
    const severity = failure.inconclusive === undefined ? rules[rule].severity : "inconclusive";
    const kind = JSON.stringify([rule, level, severity]);
    const key = JSON.stringify([kind, subject, placeOf(excerpt(failure.pointer ?? "")), failure.keyword]);
    const kept = findings.get(key);
    const count = kinds.get(kind) ?? 0;
    if (kept !== undefined) kept.count += 1;
    else if (count < findingsMax) {
      kinds.set(kind, count + 1);
      findings.set(key, { rule, severity, level, subject, ...boundFailure(failure), count: 1 });
    }
  }

  return {
    judge(level) {
      return {
        level,
        check(rule, subject, holds, failure) {
          const outcome = outcomeOf(rule, level);
          outcome.checked += 1;
          if (holds) return true;
          const found = failure();
          if (found.inconclusive === undefined) outcome.broken += 1;
          keep(rule, level, subject, found);
          return false;
        },
      };
    },
    list: () => structuredClone([...findings.values()]),
    outcomes: () => structuredClone([...outcomes.values()]),
  };
}
