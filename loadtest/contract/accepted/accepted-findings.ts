/** Findings that a team knows of and accepts, by rule and place, each with its reason: data of a run, and a file of a project. */
import { readFile, writeFile } from "node:fs/promises";
import { OptionError } from "../../core/errors.js";
import { placeOf } from "../core/case-id.js";
import type { Finding, Findings } from "../core/findings.js";
import { type RuleName, rules } from "../core/rules.js";
import { describeValue } from "../../../schemas/describe-value.js";

export interface AcceptedFinding {
  readonly rule: RuleName;
  /** As the report has it, or `*` for every place of the rule. */
  readonly place: string;
  /** Why it is accepted. */
  readonly reason: string;
}

/** What became of the accepted findings in a run. */
export interface AcceptedReport {
  readonly file: string;
  /** Findings that were accepted. */
  readonly findings: number;
  /** Entries whose place was judged, and where nothing was found any more. */
  readonly gone: readonly AcceptedFinding[];
  /** Entries that the run has added. */
  readonly added: readonly AcceptedFinding[];
  /** The entries as they are now. */
  readonly entries: readonly AcceptedFinding[];
}

const newReason = "Not looked into yet: write here why it is accepted.";

function fits({ rule, place }: AcceptedFinding, finding: Finding): boolean {
  return rule === finding.rule && (place === "*" || place === placeOf(finding));
}

export function reasonOf(accepted: readonly AcceptedFinding[], finding: Finding): string | undefined {
  return accepted.find((entry) => fits(entry, finding))?.reason;
}

/**
 * Holds the entries against what was found.
 *
 * @param failing what fails the run, unless it is accepted
 * @param isUpdated whether gone entries are left out, and failing findings become entries
 */
export function judgeAccepted(
  accepted: readonly AcceptedFinding[],
  {
    file,
    findings,
    failing,
    recorded,
    isUpdated,
  }: {
    readonly file: string;
    readonly findings: readonly Finding[];
    readonly failing: readonly Finding[];
    readonly recorded: Findings;
    readonly isUpdated: boolean;
  },
): AcceptedReport {
  const isGone = (entry: AcceptedFinding): boolean => {
    if (findings.some((finding) => fits(entry, finding))) return false;
    const isPlace = (subject: string): boolean =>
      entry.place === "*" || entry.place === subject || entry.place.startsWith(`${subject} `);
    return recorded.isExercised(entry.rule, isPlace);
  };
  const gone = accepted.filter(isGone);
  const unknown = failing.filter((finding) => reasonOf(accepted, finding) === undefined);
  const added = !isUpdated
    ? []
    : unknown.map((finding) => ({ rule: finding.rule, place: placeOf(finding), reason: newReason }));
  const entries = isUpdated ? [...accepted.filter((entry) => !gone.includes(entry)), ...added] : accepted;
  return {
    file,
    findings: findings.filter((finding) => reasonOf(entries, finding) !== undefined).length,
    gone,
    added,
    entries,
  };
}

function refuse(file: string, what: string): OptionError {
  return new OptionError(
    `accept: ${file} ${what}. Expected { "accepted": [{ "rule": "...", "place": "...", "reason": "..." }] }.`,
    { option: "accept" },
  );
}

function parseEntry(file: string, entry: unknown, n: number): AcceptedFinding {
  const { rule, place, reason } = (entry ?? {}) as Record<string, unknown>;
  if (typeof rule !== "string" || !Object.hasOwn(rules, rule))
    throw refuse(file, `has an unknown rule in entry ${n}, ${describeValue(rule)}`);
  if (typeof place !== "string" || place === "") throw refuse(file, `has no place in entry ${n}`);
  if (typeof reason !== "string" || reason.trim() === "") throw refuse(file, `gives no reason in entry ${n}`);
  return { rule: rule as RuleName, place, reason };
}

/**
 * Reads a file of accepted findings.
 *
 * @param mayBeMissing a file that is not there has no entries
 * @throws {OptionError} when it cannot be read, or has another form
 */
export async function readAccepted(file: string, mayBeMissing: boolean): Promise<readonly AcceptedFinding[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (mayBeMissing && (cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new OptionError(
      `accept: ${file} cannot be read: ${(cause as Error).message}. Create it with the option updateAccepted.`,
      {
        option: "accept",
        cause,
      },
    );
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new OptionError(`accept: ${file} is not JSON: ${(cause as Error).message}.`, { option: "accept", cause });
  }
  const { accepted } = (content ?? {}) as { accepted?: unknown };
  if (!Array.isArray(accepted)) throw refuse(file, "has no list of accepted findings");
  return accepted.map((entry, n) => parseEntry(file, entry, n));
}

/** @throws {OptionError} when the file cannot be written */
export async function writeAccepted(file: string, accepted: readonly AcceptedFinding[]): Promise<void> {
  const sorted = accepted.toSorted((a, b) => (`${a.rule} ${a.place}` < `${b.rule} ${b.place}` ? -1 : 1));
  try {
    await writeFile(file, `${JSON.stringify({ accepted: sorted }, null, 2)}\n`);
  } catch (cause) {
    throw new OptionError(`accept: ${file} cannot be written: ${(cause as Error).message}.`, {
      option: "accept",
      cause,
    });
  }
}
