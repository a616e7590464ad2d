/** A result as one HTML file that needs nothing else: the verdict, the levels, and the findings by rule with request, answer and difference. */
import { unverifiedNotice } from "../../core/certificates.js";
import { escapeXml } from "../../core/escape-xml.js";
import { formatDocument } from "../../report/document.js";
import { type Cell, code, mark, paragraph, section, table } from "../../report/markup.js";
import { isBroken } from "../conclusion.js";
import type { Finding } from "../core/findings.js";
import type { ContractResult } from "../core/result.js";
import { type Profile, type RuleName, includesLevel, levelDemands, profiles, rules } from "../core/rules.js";
import { caseCommand, curlCommand } from "./repeat.js";

const style = `
.finding{border:1px solid var(--rule);border-radius:.25rem;padding:0 1rem .75rem;margin:.75rem 0}
.finding h4{font-size:1rem;margin:.75rem 0 .25rem;overflow-wrap:anywhere}.finding dl{display:grid;grid-template-columns:6.5rem 1fr;gap:.25rem .75rem;margin:.5rem 0}
.finding dt{color:var(--quiet)}.finding dd{margin:0;min-width:0}.finding pre{margin:0;padding:.375rem .625rem}
.unsure{color:var(--unsure);font-weight:600}
h3 code{color:var(--ink);font-size:1rem}
@media (max-width:40rem){.finding dl{grid-template-columns:1fr}}
@media print{.finding{break-inside:avoid}}
`;

const tones = {
  PASS: "pass",
  FAIL: "fail",
  INVALID: "invalid",
  UNREACHABLE: "invalid",
  INTERRUPTED: "invalid",
} as const;

function preformatted(text: string): string {
  return `<pre>${escapeXml(text)}</pre>`;
}

/** Of a value, a request or an answer; contract.json has more. */
const charactersMax = 1200;

/** A value as people read it: text as it is, the rest as JSON with indents. */
function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? String(value));
  return text.length > charactersMax ? `${text.slice(0, charactersMax)}...` : text;
}

/** JSON is laid out, other text stays. */
function layOut(text: string): string {
  try {
    return shown(JSON.parse(text));
  } catch {
    return shown(text);
  }
}

function describeFinding(result: ContractResult, finding: Finding): string {
  const { severity, subject, detail, count, pointer, keyword, value, example, exchange, inconclusive, accepted } =
    finding;
  const { request, answer } = exchange ?? {};
  const curl = curlCommand(result, finding);
  const place =
    `${pointer === "" ? "the whole" : (pointer ?? "")}${keyword === undefined ? "" : ` (${keyword})`}`.trim();
  const rows: (readonly [string, string])[] = [];
  if (accepted !== undefined) rows.push(["accepted", escapeXml(accepted)]);
  if (inconclusive !== undefined) rows.push(["inconclusive", escapeXml(inconclusive)]);
  if (place !== "") rows.push(["at", code(place).html]);
  if (value !== undefined) rows.push(["found", preformatted(shown(value))]);
  if (example !== undefined) rows.push(["difference", preformatted(shown(example))]);
  if (request !== undefined) {
    const head = [
      `${request.method} ${request.path}`,
      ...Object.entries(request.headers).map(([name, text]) => `${name}: ${text}`),
    ];
    const body = request.body === undefined ? [] : ["", layOut(request.body) + (request.isCut ? "..." : "")];
    rows.push(["request", preformatted([...head, ...body].join("\n"))]);
  }
  if (answer !== undefined) {
    const head = `${answer.status} ${answer.mediaType}`.trim();
    rows.push(["answer", preformatted(answer.body === "" ? head : `${head}\n\n${layOut(answer.body)}`)]);
  }
  rows.push(["repeat", preformatted(caseCommand(result, finding)) + (curl === undefined ? "" : preformatted(curl))]);
  const times = count > 1 ? `, ${count} times` : "";
  const word = {
    error: '<span class="bad">✗ ',
    warning: '<span class="unsure">! ',
    inconclusive: '<span class="unsure">? ',
  }[severity];
  const terms = rows.map(([term, html]) => `<dt>${escapeXml(term)}</dt><dd>${html}</dd>`).join("");
  return `<article class="finding" id="${escapeXml(finding.id)}"><h4>${word}${escapeXml(severity)}</span> ${escapeXml(subject)}${times}</h4>${paragraph(detail)}<dl>${terms}</dl></article>`;
}

/** Findings under their rule, the rule with the most serious ones first. */
function describeFindings(result: ContractResult, title: string, findings: readonly Finding[]): string {
  if (findings.length === 0) return "";
  const byRule = new Map<RuleName, Finding[]>();
  for (const finding of findings) byRule.set(finding.rule, [...(byRule.get(finding.rule) ?? []), finding]);
  const parts = [...byRule].map(
    ([rule, found]) =>
      `<h3><code>${escapeXml(rule)}</code> ${escapeXml(rules[rule].demand)}</h3>${found.map((one) => describeFinding(result, one)).join("")}`,
  );
  return section(title, ...parts);
}

function describeVerdict({
  verdict,
  url,
  profile,
  strict,
  only,
  case: id,
  reasons,
  levels,
  certificate,
}: ContractResult): string {
  const claim = [
    `as ${profile}`,
    ...(strict ? ["strict"] : []),
    ...(id !== undefined ? [`the case ${id}`] : only.length > 0 ? [`only ${only.join(", ")}`] : []),
  ];
  const lines = reasons.slice(0, 5).map((reason) => `<li>${escapeXml(reason)}</li>`);
  const more = reasons.length > 5 ? `<li>and ${reasons.length - 5} more</li>` : "";
  const reached = levels === undefined ? "" : paragraph(`Level reached: ${levels.reached ?? "none yet"}.`);
  return `<header class="verdict ${tones[verdict]}"><span class="word">${verdict}</span><h1>${escapeXml(url)}</h1><p>${escapeXml(claim.join(", "))}</p>${certificate === "unverified" ? paragraph(unverifiedNotice) : ""}${reached}${lines.length === 0 ? "" : `<ul>${lines.join("")}${more}</ul>`}</header>`;
}

/** What a run found of a level: one above a broken level was judged all the same. */
function describeLevel({ levels, rules: outcomes, findings, strict }: ContractResult, level: Profile): Cell {
  const against = findings.filter((finding) => finding.level === level && isBroken(finding, strict));
  if (against.length > 0) {
    const names = [...new Set(against.map(({ rule }) => rule))];
    return mark(false, "", `${against.length} ${against.length === 1 ? "finding" : "findings"}: ${names.join(", ")}`);
  }
  if (!outcomes.some((outcome) => outcome.level === level && outcome.checked > 0)) return "not judged";
  const { reached = null, next = null } = levels ?? {};
  if (reached !== null && includesLevel(reached, level)) return mark(true, "reached", "");
  return `nothing broken; ${next?.level ?? "the level before"} comes first`;
}

function describeLevels(result: ContractResult): string {
  if (result.levels === undefined) return "";
  const rows = profiles.map((level) => [
    code(level),
    describeLevel(result, level),
    levelDemands[level],
    level === result.profile ? "is about this" : "",
  ]);
  return section(
    "Levels",
    table({
      caption: "Levels of the contract",
      head: ["level", "state", "asks for", "verdict"],
      rows,
      words: [1, 2, 3],
    }),
  );
}

function describeEvents({ events }: ContractResult): string {
  if (events.length === 0) return "";
  const rows = events.map(({ event, verdict, seen, invalid }) => [code(event), verdict, String(seen), String(invalid)]);
  return section(
    "Events",
    table({ caption: "Events that were seen", head: ["event", "verdict", "seen", "invalid"], rows }),
  );
}

function describeGone({ accepted }: ContractResult): string {
  if (accepted === undefined || accepted.gone.length === 0) return "";
  const rows = accepted.gone.map(({ rule, place, reason }) => [code(rule), place, reason]);
  return section(
    "Accepted, and no longer found",
    table({ caption: "Accepted, and no longer found", head: ["rule", "place", "reason"], rows, words: [1, 2] }),
  );
}

function describeRules({ rules: outcomes, profile }: ContractResult): string {
  const within = outcomes.filter(({ level }) => includesLevel(profile, level));
  if (within.length === 0) return "";
  const rows = within
    .toSorted((a, b) => b.broken - a.broken || (a.rule < b.rule ? -1 : 1))
    .map(({ rule, level, checked, broken }) => [
      code(rule),
      level,
      mark(broken === 0, "held", `broken ${broken} times`),
      String(checked),
    ]);
  return `<section><details><summary>All ${rows.length} rules that were exercised</summary>${table({ caption: "Rules", head: ["rule", "level", "outcome", "checks"], rows })}</details></section>`;
}

export function formatContractPage(result: ContractResult): string {
  const { verdict, url, profile, findings, listenedMs, seed } = result;
  const isShown = ({ level }: Finding): boolean => result.case !== undefined || includesLevel(profile, level);
  const open = findings.filter((finding) => finding.accepted === undefined);
  const of = (severity: Finding["severity"]): Finding[] =>
    open.filter((one) => isShown(one) && one.severity === severity);
  const body = [
    describeVerdict(result),
    describeLevels(result),
    describeFindings(result, "Broken rules", of("error")),
    describeFindings(result, "Inconclusive", of("inconclusive")),
    describeFindings(result, "Warnings", of("warning")),
    describeFindings(
      result,
      "Accepted",
      findings.filter((finding) => finding.accepted !== undefined),
    ),
    describeGone(result),
    describeFindings(
      result,
      "Of higher levels, not counted",
      open.filter((finding) => !isShown(finding)),
    ),
    describeEvents(result),
    describeRules(result),
  ].join("\n");
  return formatDocument({
    title: `${verdict}: contract of ${url}`,
    style,
    body,
    footer: `Listened ${(listenedMs / 1000).toFixed(1)} s, seed ${seed}.`,
  });
}
