/** A result as JUnit XML: a test case for each rule that was exercised, so that CI shows which one broke. */
import { escapeXml } from "../../escape-xml.js";
import type { Finding } from "../ledger.js";
import type { ContractResult } from "../result.js";
import { includesLevel, rules } from "../rules.js";

function failureOf(findings: readonly Finding[]): string {
  const lines = findings.map(({ subject, detail, count, pointer, value, example }) =>
    JSON.stringify({ subject, detail, count, pointer, value, example }),
  );
  const message = findings.map(({ subject, detail }) => `${subject}: ${detail}`).join("; ");
  return `<failure message="${escapeXml(message.slice(0, 1000))}">${escapeXml(lines.join("\n"))}</failure>`;
}

/** Only rules of the level that was claimed count; warnings fail where the run is strict. */
export function formatContractJunit(result: ContractResult): string {
  const outcomes = result.rules.filter(({ level }) => includesLevel(result.profile, level));
  let failures = 0;
  const cases = outcomes.map(({ rule, level, checked }) => {
    const found = result.findings.filter(
      (finding) => finding.rule === rule && finding.level === level && finding.severity !== "doubt",
    );
    const counted = rules[rule].severity === "error" || result.strict ? found : [];
    if (counted.length > 0) failures += 1;
    const head = `<testcase classname="contract.${level}" name="${escapeXml(rule)}" assertions="${checked}">`;
    return `    ${head}${counted.length === 0 ? "" : failureOf(counted)}</testcase>`;
  });
  // A run that came to no verdict must not look like one that passed.
  if (result.verdict !== "PASS" && result.verdict !== "FAIL") {
    failures += 1;
    const message = escapeXml(result.reasons[0] ?? result.verdict);
    cases.push(`    <testcase classname="contract" name="verdict"><failure message="${message}"></failure></testcase>`);
  }
  const totals = `tests="${cases.length}" failures="${failures}" time="${(result.durationMs / 1000).toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals}>`,
    `  <testsuite name="${escapeXml(`contract ${result.profile} ${result.url}`)}" ${totals}>`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}
