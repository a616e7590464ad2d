/** A result as lines for people: the verdict first, then why, then the tables. No colour, no line that depends on a terminal. */
import { unverifiedNotice } from "../../core/certificates.js";
import type { CoverageReport, CoveredPart } from "../core/coverage.js";
import type { Finding } from "../core/findings.js";
import type { AcceptedFinding } from "../accepted/accepted-findings.js";
import { placeOf } from "../core/case-id.js";
import type { ContractResult } from "../core/result.js";
import { caseCommand, curlCommand } from "./repeat.js";
import { formatTable } from "../../report/table.js";
import { shorten, wrap } from "./lines.js";
import { type RuleName, includesLevel, levelDemands, levelOf, rules } from "../core/rules.js";

/** On one line: text as it is, but for its control characters, and everything else as JSON. */
function formatValue(value: unknown): string {
  // oxlint-disable-next-line no-control-regex -- these would break the line, or the terminal
  const isPlain = typeof value === "string" && !/[\u0000-\u001f\u007f-\u009f]/.test(value);
  const text = isPlain ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}

const idleShownMax = 12;
const missingShownMax = 3;
const levelRulesShownMax = 8;
const marks = { error: "x", warning: "!", inconclusive: "?" } as const;

/** The request and its answer, and how they are sent again. */
function formatRepeat(result: ContractResult, finding: Finding): string[] {
  const { exchange } = finding;
  const { request, answer } = exchange ?? {};
  const curl = curlCommand(result, finding);
  return [
    ...(request === undefined ? [] : [`      request ${formatValue(`${request.method} ${request.path}`)}`]),
    ...(answer === undefined ? [] : [`      answer ${answer.status} ${formatValue(answer.body)}`.trimEnd()]),
    ...(curl === undefined ? [] : [`      ${curl}`]),
    `      ${caseCommand(result, finding)}`,
  ];
}

/** Prose is wrapped; values are not, so that they can be copied. */
function formatFinding(result: ContractResult, finding: Finding): string {
  const { rule, subject, detail, pointer, keyword, value, example, count, severity, inconclusive } = finding;
  const place = pointer === "" ? "the whole" : (pointer ?? "the whole");
  return [
    `  ${marks[severity]} ${rule}: ${subject}${count > 1 ? ` (${count} times)` : ""}`,
    wrap(detail, 6),
    ...(inconclusive === undefined ? [] : [wrap(`inconclusive: ${inconclusive}`, 6)]),
    ...(pointer === undefined && keyword === undefined
      ? []
      : [`      at ${place}${keyword === undefined ? "" : `, keyword ${keyword}`}`]),
    ...(value === undefined ? [] : [`      value ${JSON.stringify(value)?.slice(0, 300)}`]),
    ...(example === undefined ? [] : [`      example ${formatValue(example)}`]),
    ...formatRepeat(result, finding),
  ].join("\n");
}

function formatRows(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return formatTable([head, ...rows], { align: "left", isRuled: true }).map((line) => `  ${line}`);
}

function formatFindings(result: ContractResult, title: string, findings: readonly Finding[]): string[] {
  return findings.length === 0 ? [] : [`\n${title}`, ...findings.map((finding) => formatFinding(result, finding))];
}

/** What is accepted, what of it is gone, and what became of the cases of the last run. */
function formatKnown({ accepted, kept = [], findings }: ContractResult): string[] {
  const lines = kept.map(({ id, outcome }) => `  ${outcome}: ${id}`);
  const known = findings.filter((finding) => finding.accepted !== undefined);
  const entry = ({ rule, place, reason }: AcceptedFinding): string => wrap(`${rule}: ${place} (${reason})`, 4);
  const gone = accepted?.gone ?? [];
  return [
    ...(lines.length === 0 ? [] : ["\nCases of the last run", ...lines]),
    ...(known.length === 0 ? [] : [`\nAccepted in ${accepted?.file ?? ""}`]),
    ...known.map((one) => entry({ rule: one.rule, place: placeOf(one), reason: one.accepted ?? "" })),
    ...(gone.length === 0
      ? []
      : [`\nAccepted in ${accepted?.file ?? ""}, and no longer found (--update-accepted removes them)`]),
    ...gone.map(entry),
  ];
}

/** Shorter stalls than this disturb nothing. */
const stallShownMs = 250;

function formatStalls({ stalls }: ContractResult): string[] {
  const { count, totalMs, longestMs } = stalls;
  if (longestMs < stallShownMs) return [];
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  return [
    `\nThe checker itself stalled ${count} times, ${seconds(totalMs)} in all and ${seconds(longestMs)} at most.`,
    "Its time limits were longer by as much.",
  ];
}

function formatEvents({ events, compression }: ContractResult): string[] {
  if (events.length === 0) return [];
  const rows = events.map(({ event, expected, seen, invalid, verdict }) => {
    return [event, verdict, String(seen), String(invalid), expected ? "" : "not expected"];
  });
  const agreed = compression === undefined ? [] : ["", `  compression, where it is offered: ${compression}`];
  return ["", ...formatRows(["event", "verdict", "seen", "invalid", ""], rows), ...agreed];
}

/** The rules that broke, how many held, and those that nothing was held against: silence is not a pass. */
function formatRules({ profile, rules: outcomes, only }: ContractResult): string[] {
  const within = outcomes.filter(({ level }) => includesLevel(profile, level));
  if (within.length === 0) return [];
  const broken = within.filter((outcome) => outcome.broken > 0).toSorted((a, b) => (a.rule < b.rule ? -1 : 1));
  const rows = broken.map(({ rule, level, checked, broken: times }) => [rule, level, String(checked), String(times)]);
  const held = new Set(within.filter((outcome) => outcome.broken === 0).map(({ rule }) => rule));
  const checks = within.reduce((sum, { checked }) => sum + checked, 0);
  const exercised = new Set(within.map(({ rule }) => rule));
  // Rules about what must not happen at all count only where it happened.
  const idle = Object.keys(rules).filter(
    (rule) =>
      !exercised.has(rule as RuleName) &&
      !rule.startsWith("json-") &&
      includesLevel(profile, levelOf(rule as RuleName)),
  );
  // Of a run of single parts nobody expects the rest.
  const silent = only.length > 0 || idle.length === 0 ? "" : `; not exercised: ${shorten(idle, ", ", idleShownMax)}`;
  return [
    ...(rows.length === 0 ? [] : ["", ...formatRows(["broken rule", "level", "checks", "broken"], rows)]),
    "",
    wrap(`${held.size} rules held, ${checks} checks in all${silent}.`, 2),
  ];
}

const coverageNames: Readonly<Record<keyof CoverageReport, string>> = {
  operations: "operations",
  statuses: "statuses",
  events: "events",
  branches: "schema branches",
  extensions: "extensions",
  extensionStatuses: "statuses of extensions",
};

/** What was not seen, by the reason where there is one: a line each. */
function formatMissing(parts: readonly CoveredPart[]): string[] {
  const missing = parts.filter(({ covered }) => !covered);
  const reasons = [...new Set(missing.map(({ why = "missing" }) => why))];
  return reasons.map((reason) => {
    const names = missing.filter(({ why = "missing" }) => why === reason).map(({ name }) => name);
    return wrap(`${reason}: ${shorten(names, "; ", missingShownMax)}`, 6);
  });
}

function formatCoverage({ coverage }: ContractResult): string[] {
  const lines = ["\n  coverage"];
  for (const [kind, parts] of Object.entries(coverage) as [keyof CoverageReport, readonly CoveredPart[]][]) {
    if (parts.length === 0) continue;
    const covered = parts.filter((part) => part.covered).length;
    lines.push(`    ${coverageNames[kind].padEnd(24)}${covered} of ${parts.length}`, ...formatMissing(parts));
  }
  return lines;
}

function formatLevels({ levels }: ContractResult): string[] {
  if (levels === undefined) return [];
  const { reached, next } = levels;
  const lines = [
    reached === null ? "Level reached: none yet." : `Level reached: ${reached} (${levelDemands[reached]}).`,
  ];
  if (next !== null) {
    const { level, isJudged, rules: broken } = next;
    const needs = isJudged
      ? `broken rules keep it from that: ${shorten(broken, ", ", levelRulesShownMax)}.`
      : `not judged in this run; --profile ${level} does.`;
    lines.push(`Next: ${level} (${levelDemands[level]}); ${needs}`);
  }
  return ["", ...lines.map((line) => wrap(line, 0))];
}

/** The report of a case that was repeated alone. */
function formatCase(result: ContractResult, head: string): string {
  const { findings, reasons, verdict } = result;
  if (findings.length > 0) return [head, ...formatFindings(result, "The case is still there", findings)].join("\n");
  return `${head}\n\n${verdict === "PASS" ? "The case was looked for, and is not there." : (reasons[0] ?? "")}`;
}

/** The whole report as text, ending without a line break. */
export function formatContractText(result: ContractResult): string {
  const { profile, findings, strict, only } = result;
  const within = findings.filter(
    ({ level, accepted }) => accepted === undefined && (result.case !== undefined || includesLevel(profile, level)),
  );
  const errors = within.filter(({ severity }) => severity === "error");
  const inconclusive = within.filter(({ severity }) => severity === "inconclusive");
  const warnings = within.filter(({ severity }) => severity === "warning");
  const claim = [
    `as ${profile}`,
    ...(strict ? ["strict"] : []),
    ...(result.case !== undefined ? [`the case ${result.case}`] : only.length > 0 ? [`only ${only.join(", ")}`] : []),
  ].join(", ");
  const head = `${result.verdict}  ${result.url} ${claim} (listened ${(result.listenedMs / 1000).toFixed(1)} s, seed ${result.seed})`;
  if (result.case !== undefined) return formatCase(result, head);
  // A run that nothing was judged in says why, and no more.
  if (result.rules.length === 0) return `${head}\n\n${result.reasons[0] ?? ""}`;
  return [
    head,
    ...(result.certificate === "unverified" ? ["", unverifiedNotice] : []),
    ...(result.verdict === "INTERRUPTED" ? ["", ...result.reasons.slice(0, 1)] : []),
    ...formatFindings(result, "Broken rules", errors),
    ...formatFindings(result, "Inconclusive", inconclusive),
    ...formatFindings(result, strict ? "Warnings, which fail a strict run" : "Warnings", warnings),
    ...formatKnown(result),
    ...formatStalls(result),
    ...formatEvents(result),
    ...formatRules(result),
    ...formatCoverage(result),
    ...formatLevels(result),
  ].join("\n");
}
