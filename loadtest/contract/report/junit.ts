/** A result as JUnit XML: a test case for each rule that was exercised, so that CI shows which one broke. */
import { type JunitCase, formatJunitXml } from "../../report/junit-xml.js";
import type { Finding } from "../core/findings.js";
import type { ContractResult } from "../core/result.js";
import { includesLevel, rules } from "../core/rules.js";

function failureOf(findings: readonly Finding[]): JunitCase["failure"] {
  if (findings.length === 0) return undefined;
  const lines = findings.map(({ subject, detail, count, pointer, value, example }) =>
    JSON.stringify({ subject, detail, count, pointer, value, example }),
  );
  const message = findings.map(({ subject, detail }) => `${subject}: ${detail}`).join("; ");
  return { message: message.slice(0, 1000), text: lines.join("\n") };
}

/** Only rules of the level that was claimed count; warnings fail where the run is strict. */
export function formatContractJunit(result: ContractResult): string {
  const { profile, url, durationMs, strict, verdict, reasons } = result;
  const cases = result.rules
    .filter(({ level }) => includesLevel(profile, level))
    .map(({ rule, level, checked }): JunitCase => {
      const found = result.findings.filter(
        (finding) =>
          finding.rule === rule &&
          finding.level === level &&
          finding.severity !== "inconclusive" &&
          finding.accepted === undefined,
      );
      const counted = rules[rule].severity === "error" || strict ? found : [];
      return { className: `contract.${level}`, name: rule, assertions: checked, failure: failureOf(counted) };
    });
  // A run that came to no verdict must not look like one that passed.
  if (verdict !== "PASS" && verdict !== "FAIL")
    cases.push({ className: "contract", name: "verdict", failure: { message: reasons[0] ?? verdict } });
  return formatJunitXml({ name: `contract ${profile} ${url}`, durationMs, cases });
}
