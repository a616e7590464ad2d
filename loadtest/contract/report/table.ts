/** A result as lines for people: the verdict first, then why, then the tables. No colour, no line that depends on a terminal. */
import type { CoverageReport, CoveredPart } from "../coverage.js";
import type { Finding } from "../ledger.js";
import type { ContractResult } from "../result.js";
import { type RuleName, includesLevel, levelOf, rules } from "../rules.js";

/** Rows under a header, each column as wide as its widest cell. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd();
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

function formatValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}

const marks = { error: "x", warning: "!", doubt: "?" } as const;

function formatFinding(finding: Finding): string {
  const { rule, subject, detail, pointer, keyword, value, example, count, severity, doubt } = finding;
  const times = count > 1 ? ` (${count} times)` : "";
  const place =
    pointer === undefined && keyword === undefined
      ? ""
      : `\n      at ${pointer === undefined || pointer === "" ? "the whole" : pointer}${keyword === undefined ? "" : `, keyword ${keyword}`}`;
  const offending = value === undefined ? "" : `\n      value ${formatValue(value)}`;
  const shown =
    example === undefined ? "" : `\n      example ${typeof example === "string" ? example : formatValue(example)}`;
  const why = doubt === undefined ? "" : `\n      inconclusive: ${doubt}`;
  return `  ${marks[severity]} ${rule}: ${subject}${times}\n      ${detail}${why}${place}${offending}${shown}`;
}

function formatFindings(title: string, findings: readonly Finding[]): string[] {
  return findings.length === 0 ? [] : [`\n${title}`, ...findings.map(formatFinding)];
}

/** Shorter stalls than this disturb nothing. */
const stallShownMs = 250;

function formatStalls({ stalls }: ContractResult): string[] {
  const { count, totalMs, longestMs } = stalls;
  if (longestMs < stallShownMs) return [];
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  return [
    `\nThe checker itself stood still ${count} times, ${seconds(totalMs)} in all and ${seconds(longestMs)} at most.`,
    "Its time limits were longer by as much.",
  ];
}

function formatEvents({ events }: ContractResult): string[] {
  if (events.length === 0) return [];
  const rows = events.map(({ event, expected, seen, invalid, verdict }) => {
    return [event, verdict, String(seen), String(invalid), expected ? "" : "not expected"];
  });
  return ["", formatTable(["event", "verdict", "seen", "invalid", ""], rows)];
}

/** The rules that broke, how many held, and those that nothing was held against: silence is not a pass. */
function formatRules({ profile, rules: outcomes, findings }: ContractResult): string[] {
  const within = outcomes.filter(({ level }) => includesLevel(profile, level));
  if (within.length === 0) return [];
  const broken = within.filter((outcome) => outcome.broken > 0).toSorted((a, b) => (a.rule < b.rule ? -1 : 1));
  const rows = broken.map(({ rule, level, checked, broken: times }) => {
    const subjects = new Set(findings.filter((finding) => finding.rule === rule).map(({ subject }) => subject));
    return [rule, level, String(checked), String(times), [...subjects].slice(0, 3).join(", ")];
  });
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
  return [
    ...(rows.length === 0 ? [] : ["", formatTable(["broken rule", "level", "checks", "broken", "at"], rows)]),
    `\n  ${held.size} rules held, ${checks} checks in all${idle.length === 0 ? "." : `; not exercised: ${idle.join(", ")}.`}`,
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

/** What was not seen, by the reason where there is one. */
function formatMissing(parts: readonly CoveredPart[]): string {
  const missing = parts.filter(({ covered }) => !covered);
  const reasons = [...new Set(missing.map(({ why = "" }) => why))];
  const groups = reasons.map((reason) => {
    const names = missing.filter(({ why = "" }) => why === reason).map(({ name }) => name);
    const shown = `${names.slice(0, 3).join("; ")}${names.length > 3 ? `; and ${names.length - 3} more` : ""}`;
    return reason === "" ? shown : `${reason}: ${shown}`;
  });
  return groups.join(". ");
}

function formatCoverage({ coverage }: ContractResult): string[] {
  const rows = Object.entries(coverage).flatMap(([kind, parts]: [string, readonly CoveredPart[]]) => {
    if (parts.length === 0) return [];
    const covered = parts.filter((part) => part.covered).length;
    return [[coverageNames[kind as keyof CoverageReport], `${covered} of ${parts.length}`, formatMissing(parts)]];
  });
  return ["", formatTable(["coverage", "", "missing"], rows)];
}

function formatBeyond({ beyond, findings, profile }: ContractResult): string[] {
  if (beyond === undefined) return [];
  const names = [...new Set(findings.filter(({ level }) => !includesLevel(profile, level)).map(({ rule }) => rule))];
  const how = beyond.reached
    ? "it would reach it"
    : `it would break ${names.length} rules (${names.slice(0, 8).join(", ")}${names.length > 8 ? ", ..." : ""})`;
  return [`\nBeyond ${profile}, reported and not counted: read as ${beyond.profile}, ${how}. Claim it with --profile.`];
}

/** The whole report as text, ending without a line break. */
export function formatContractText(result: ContractResult): string {
  const { profile, findings, strict, only } = result;
  const within = findings.filter(({ level }) => includesLevel(profile, level));
  const errors = within.filter(({ severity }) => severity === "error");
  const doubts = within.filter(({ severity }) => severity === "doubt");
  const warnings = within.filter(({ severity }) => severity === "warning");
  const claim = [
    `as ${profile}`,
    ...(strict ? ["strict"] : []),
    ...(only.length > 0 ? [`only ${only.join(", ")}`] : []),
  ].join(", ");
  const head = `${result.verdict}  ${result.url} ${claim} (listened ${(result.listenedMs / 1000).toFixed(1)} s, seed ${result.seed})`;
  // A run without a verdict says why first.
  if (result.verdict === "UNREACHABLE") return `${head}\n\n${result.reasons[0] ?? ""}`;
  return [
    head,
    ...(result.verdict === "INTERRUPTED" ? ["", ...result.reasons.slice(0, 1)] : []),
    ...formatFindings("Broken rules", errors),
    ...formatFindings("Inconclusive", doubts),
    ...formatFindings(strict ? "Warnings, which fail a strict run" : "Warnings", warnings),
    ...formatStalls(result),
    ...formatEvents(result),
    ...formatRules(result),
    ...formatCoverage(result),
    ...formatBeyond(result),
  ].join("\n");
}
