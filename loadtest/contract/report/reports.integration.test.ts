/** What CI reads: SARIF by its schema, annotations as GitHub's runner takes them apart, and a page that needs nothing else. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { beforeAll, expect, test } from "vitest";
import { type ContractResult, runContract } from "../index.js";
import { startObservedServer } from "../reference/reference-server.fixture.js";
import { formatAnnotations } from "./annotations.js";
import { formatContractPage } from "./page.js";
import { formatContractSarif } from "./sarif.js";

const schemaPath = createRequire(import.meta.url).resolve("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats.default(ajv);
// Its dialect is draft 4, of which it uses nothing that later ones read differently.
const {
  $schema: _dialect,
  id: _id,
  ...sarif
} = JSON.parse(readFileSync(schemaPath, "utf8")) as Record<string, unknown>;
const isSarif = ajv.compile(sarif);

let failed: ContractResult;
let unreachable: ContractResult;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "reports-"));
  const accept = join(folder, "accepted.json");
  const accepted = [{ rule: "live-no-store", place: "*", reason: "Behind a cache, <b>for now</b>." }];
  await writeFile(accept, JSON.stringify({ accepted }));
  await using server = await startObservedServer(
    ["unknown-id-found", "live-values-cached", "naive-timestamp", "bad-limit-taken", "fifth-event", "etag-lost"],
    () => {},
  );
  failed = await runContract({ url: server.url, profile: "core", forMs: 300, accept });
  unreachable = await runContract({ url: "http://127.0.0.1:1", profile: "core", forMs: 300 });
  await rm(folder, { recursive: true });
});

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly suppressions?: readonly unknown[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly locations: readonly { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } }[];
}
interface SarifRun {
  readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
  readonly invocations: readonly { readonly executionSuccessful: boolean }[];
  readonly results: readonly SarifResult[];
}

function readSarif(result: ContractResult): SarifRun {
  const log = JSON.parse(formatContractSarif(result)) as { readonly runs: readonly [SarifRun] };
  isSarif(log);
  expect(isSarif.errors).toBeNull();
  return log.runs[0];
}

test("SARIF keeps its schema, and has each finding once, the accepted ones as suppressed", () => {
  const { tool, results, invocations } = readSarif(failed);
  expect(results).toHaveLength(failed.findings.length);
  for (const { ruleId, ruleIndex, locations } of results) {
    expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    // GitHub refuses absolute addresses.
    expect(locations[0]?.physicalLocation.artifactLocation.uri).toMatch(/^(?!\w+:)[^/\s]/);
  }
  expect(new Set(results.map(({ partialFingerprints }) => JSON.stringify(partialFingerprints))).size).toBe(
    results.length,
  );
  const suppressed = results.filter(({ suppressions }) => suppressions !== undefined);
  expect(new Set(suppressed.map(({ ruleId }) => ruleId))).toEqual(new Set(["live-no-store"]));
  expect(invocations[0]?.executionSuccessful).toBe(true);
});

test("a run without a verdict is no empty list of results", () => {
  expect(readSarif(unreachable)).toMatchObject({ results: [], invocations: [{ executionSuccessful: false }] });
  expect(formatAnnotations(unreachable)).toMatch(/^::error title=max contract%3A UNREACHABLE::http:/);
});

/** A workflow command as the runner reads it: https://docs.github.com/actions/reference/workflow-commands-for-github-actions. */
function readCommand(line: string): { kind: string; properties: Record<string, string>; message: string } {
  const [, kind = "", list = "", data = ""] = /^::([a-z]+)(?: ([^:]*))?::(.*)$/.exec(line) ?? [];
  const unescape = (text: string): string =>
    text
      .replaceAll("%0D", "\r")
      .replaceAll("%0A", "\n")
      .replaceAll("%3A", ":")
      .replaceAll("%2C", ",")
      .replaceAll("%25", "%");
  const pairs = list.split(",").map((pair) => pair.split("=") as [string, string]);
  return {
    kind,
    properties: Object.fromEntries(pairs.map(([key, value]) => [key, unescape(value)])),
    message: unescape(data),
  };
}

test("annotations are one line each, at most ten of a kind, and none of what is accepted", () => {
  const lines = formatAnnotations(failed).trimEnd().split("\n").map(readCommand);
  const errors = failed.findings.filter(({ severity, accepted }) => severity === "error" && accepted === undefined);
  expect(errors.length).toBeGreaterThan(10);
  expect(lines.filter(({ kind }) => kind === "error")).toHaveLength(10);
  expect(lines.find(({ message }) => message.includes("more findings"))?.message).toBe(
    `${errors.length - 9} more findings are in the report`,
  );
  const [first] = errors;
  expect(lines[0]?.properties["title"]).toBe(`${first?.rule}: ${first?.subject}`);
  expect(lines[0]?.message).toContain(`--case ${first?.id}`);
  expect(JSON.stringify(lines)).not.toContain("live-no-store");
});

test("the page has each finding with its request and its case, and nothing from elsewhere", () => {
  const page = formatContractPage(failed);
  for (const { id } of failed.findings) expect(page).toContain(`id="${id}"`);
  expect(page).toContain("GET /api/agents/no-such-id-9");
  expect(page).toContain("Behind a cache, &lt;b&gt;for now&lt;/b&gt;.");
  expect(page).not.toMatch(/<script|<b>for now|(?:src|href)="(?!data:)/);
});
