/**
 * The id of a finding: the part of a run that repeats it, its rule, and hashes of what it is about.
 *
 * Invariant: it depends on nothing that changes from run to run, so that an id out of anybody's report repeats the
 * finding anywhere. The subject has a hash of its own, because a case has passed only where its subject was looked at.
 */
import { createHash } from "node:crypto";
import { type Part, type RuleName, parts, rules } from "./rules.js";

/** What a finding is about. */
export interface FindingPlace {
  readonly rule: RuleName;
  /** The event, or the operation. */
  readonly subject: string;
  readonly pointer?: string | undefined;
  readonly keyword?: string | undefined;
}

export interface CaseId {
  readonly part: Part;
  readonly rule: RuleName;
  readonly subjectHash: string;
  readonly placeHash: string;
}

function hash(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}

export function hashSubject(subject: string): string {
  return hash(subject, 4);
}

/** Pointer and keyword; without array positions, so that the same defect in fifty rows is one. */
function within({ pointer = "", keyword }: FindingPlace): string {
  const path = pointer.replaceAll(/\/\d+(?=\/|$)/g, "/*");
  return `${path}${keyword === undefined ? "" : ` (${keyword})`}`;
}

/** Where a finding is, in words that stay: `GET /api/sectors /data/N/value (type)`. */
export function placeOf(place: FindingPlace): string {
  const inside = within(place);
  return inside === "" ? place.subject : `${place.subject} ${inside}`;
}

export function caseId(part: Part, place: FindingPlace): string {
  return `${part}.${place.rule}.${hashSubject(place.subject)}${hash(within(place), 6)}`;
}

/** Undefined where the text is no id of a finding. */
export function parseCaseId(text: string): CaseId | undefined {
  const match = /^([a-z-]+)\.([a-z0-9-]+)\.([\da-f]{4})([\da-f]{6})$/.exec(text);
  const [, name, ruleName, subjectHash = "", placeHash = ""] = match ?? [];
  const part = parts.find((one) => one === name);
  if (part === undefined || ruleName === undefined || !Object.hasOwn(rules, ruleName)) return undefined;
  return { part, rule: ruleName as RuleName, subjectHash, placeHash };
}
