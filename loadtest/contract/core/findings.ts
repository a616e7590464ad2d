/**
 * The findings of a run: which rule was held against what, how often, and what broke it.
 *
 * Only `check` writes to it, so that a rule that was never exercised shows as such: silence is not
 * a pass. Equal findings are counted, not repeated; the first one keeps its example.
 */
import { excerpt } from "../../core/excerpt.js";
import { caseId, placeOf } from "./case-id.js";
import { CheckedSubjects } from "./checked-subjects.js";
import { withoutTags } from "./run-tag.js";
import { type Part, type Profile, type RuleName, includesLevel, parts, rules } from "./rules.js";

/** A request and what came of it, in bounded size. */
export interface Exchange {
  readonly request: {
    readonly method: string;
    /** Below the server's base address. */
    readonly path: string;
    /** Those of this request alone. */
    readonly headers: Readonly<Record<string, string>>;
    /** As it was sent; its beginning where `isCut`. */
    readonly body?: string;
    readonly isCut: boolean;
  };
  /** Undefined where none came. */
  readonly answer?: { readonly status: number; readonly mediaType: string; readonly body: string };
}

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
  /** The same for the same thing in each run, such as `agents.unknown-id.1a2b3c4d5e`. It repeats the finding alone. */
  readonly id: string;
  /** The first part of the run, in their order, that found it. */
  readonly part: Part;
  /** Why it is accepted, where it is; then it does not fail the run. */
  readonly accepted?: string;
  /** The last request before it, where there was one. */
  readonly exchange?: Exchange;
  readonly rule: RuleName;
  /** "inconclusive" is what may be the checker's own fault: it neither fails a run nor lets it pass. */
  readonly severity: "error" | "warning" | "inconclusive";
  /** The lowest level of the contract that it was found in. */
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
  /** Findings from now on show this request, until the next one. */
  noteExchange(exchange: Exchange): void;
}

export interface Findings {
  judge(level: Profile, part: Part): Judge;
  /** True where the rule was held against such a subject. */
  isExercised(rule: RuleName, isSubject: (subject: string) => boolean): boolean;
  list(): Finding[];
  outcomes(): RuleOutcome[];
}

/** Distinct findings that are kept of one rule in one level: no rule that is broken often hides another. */
const findingsMax = 100;

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

/** Where a check belongs to. */
interface Source {
  readonly level: Profile;
  readonly part: Part;
}

type Kept = Finding & { count: number; level: Profile; part: Part; id: string };

export function createFindings(): Findings {
  const findings = new Map<string, Kept>();
  const outcomes = new Map<string, { rule: RuleName; level: Profile; checked: number; broken: number }>();

  function outcomeOf(rule: RuleName, level: Profile): { checked: number; broken: number } {
    const key = `${rule} ${level}`;
    let outcome = outcomes.get(key);
    if (outcome === undefined) outcomes.set(key, (outcome = { rule, level, checked: 0, broken: 0 }));
    return outcome;
  }

  const kinds = new Map<string, number>();
  const subjects = new CheckedSubjects();

  function keep(rule: RuleName, { level, part }: Source, about: string, failure: Failure, exchange?: Exchange): void {
    const subject = excerpt(about);
    const severity = failure.inconclusive === undefined ? rules[rule].severity : "inconclusive";
    const kind = JSON.stringify([rule, level, severity]);
    const { pointer, keyword } = failure;
    const place = { rule, subject, ...(pointer === undefined ? {} : { pointer: excerpt(pointer) }), keyword };
    const key = JSON.stringify([rule, severity, placeOf(place)]);
    const kept = findings.get(key);
    const count = kinds.get(kind) ?? 0;
    if (kept !== undefined) {
      kept.count += 1;
      if (parts.indexOf(part) < parts.indexOf(kept.part)) {
        kept.part = part;
        kept.id = caseId(part, place);
      }
      if (!includesLevel(kept.level, level)) return;
      // What several levels ask for is missing in the lowest of them.
      kept.level = level;
    } else if (count < findingsMax) {
      kinds.set(kind, count + 1);
      const where = { id: caseId(part, place), rule, severity, level, part, subject } as const;
      findings.set(key, {
        ...where,
        ...boundFailure(failure),
        ...(exchange === undefined ? {} : { exchange }),
        count: 1,
      });
    }
  }

  return {
    judge(level, part) {
      let exchange: Exchange | undefined;
      return {
        level,
        noteExchange: (next) => void (exchange = next),
        check(rule, about, holds, failure) {
          const subject = withoutTags(about);
          const outcome = outcomeOf(rule, level);
          outcome.checked += 1;
          subjects.note(rule, subject);
          if (holds) return true;
          const found = failure();
          if (found.inconclusive === undefined) outcome.broken += 1;
          keep(rule, { level, part }, subject, found, exchange);
          return false;
        },
      };
    },
    isExercised: (rule, isSubject) => subjects.has(rule, isSubject),
    list: () => structuredClone([...findings.values()]),
    outcomes: () => structuredClone([...outcomes.values()]),
  };
}
