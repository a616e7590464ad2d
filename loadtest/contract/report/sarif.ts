/**
 * A result as SARIF 2.1.0, for code scanning and editors.
 *
 * A server has no source files, and GitHub refuses addresses: so a finding's place is its path, as that of a file, and
 * the address is in `webRequest`.
 */
import { placeOf } from "../core/case-id.js";
import type { Finding } from "../core/findings.js";
import type { ContractResult } from "../core/result.js";
import { type RuleName, includesLevel, levelOf, rules } from "../core/rules.js";
import { caseCommand } from "./repeat.js";

const severities = { error: "error", warning: "warning", inconclusive: "note" } as const;

/** The path of an operation, or the name of an event, as a relative address. */
function uriOf({ subject }: Finding): string {
  const path = /\s(\/\S*)/.exec(subject)?.[1] ?? `socket.io/${subject}`;
  return path
    .replace(/^\/+/, "")
    .split("/")
    .map((part) => encodeURIComponent(part))
    .join("/");
}

/** The request of a finding and its answer; the values of headers that were given for all requests are not known here. */
function exchangeOf({ url }: ContractResult, { exchange }: Finding): object {
  if (exchange === undefined) return {};
  const { request, answer } = exchange;
  const { method, path, headers, body } = request;
  return {
    webRequest: {
      method,
      target: url + path,
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
      ...(body === undefined ? {} : { body: { text: body } }),
    },
    ...(answer === undefined
      ? {}
      : {
          webResponse: {
            statusCode: answer.status,
            ...(answer.mediaType === "" ? {} : { headers: { "content-type": answer.mediaType } }),
            body: { text: answer.body },
          },
        }),
  };
}

function resultOf(result: ContractResult, finding: Finding, names: readonly RuleName[]): object {
  const { rule, severity, subject, detail, count, id, accepted, level, part } = finding;
  const times = count > 1 ? ` (${count} times)` : "";
  return {
    ruleId: rule,
    ruleIndex: names.indexOf(rule),
    level: severities[severity],
    message: { text: `${subject}: ${detail}${times}\n${caseCommand(result, finding)}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uriOf(finding) }, region: { startLine: 1 } },
        logicalLocations: [{ fullyQualifiedName: placeOf(finding), kind: "resource" }],
      },
    ],
    partialFingerprints: { "contractCase/v1": id.split(".").slice(1).join(".") },
    occurrenceCount: count,
    ...(accepted === undefined
      ? {}
      : { suppressions: [{ kind: "external", status: "accepted", justification: accepted }] }),
    ...exchangeOf(result, finding),
    properties: { case: id, level, part },
  };
}

/** Findings of the level that was judged; what is accepted is there as suppressed. */
export function formatContractSarif(result: ContractResult): string {
  const { profile, verdict, reasons } = result;
  const findings = result.findings.filter(({ level }) => includesLevel(profile, level));
  const names = [...new Set(findings.map(({ rule }) => rule))].toSorted();
  const isWhole = verdict === "PASS" || verdict === "FAIL";
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "max contract",
            rules: names.map((name) => ({
              id: name,
              shortDescription: { text: rules[name].demand },
              defaultConfiguration: { level: rules[name].severity },
              properties: { level: levelOf(name) },
            })),
          },
        },
        invocations: [
          {
            executionSuccessful: isWhole,
            ...(isWhole
              ? {}
              : { toolExecutionNotifications: [{ level: "error", message: { text: reasons[0] ?? verdict } }] }),
          },
        ],
        results: findings.map((finding) => resultOf(result, finding, names)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}
