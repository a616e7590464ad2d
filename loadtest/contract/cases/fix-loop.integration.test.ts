/** A finding is repeated by its id alone, passes once the server is mended, and is kept until then. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { OptionError } from "../../core/errors.js";
import type { Finding } from "../core/findings.js";
import { formatContractText, runContract } from "../index.js";
import { requireMeasured } from "../measured.fixture.js";
import type { DefectName } from "../reference/defects.fixture.js";
import { startObservedServer } from "../reference/reference-server.fixture.js";
import { caseCommand, curlCommand } from "../report/repeat.js";
import { dialects, startSmallServer } from "../small/small-server.fixture.js";

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cases-"));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  return folder;
}

/** A reference server whose defects can be taken away. */
async function startMendable(...names: readonly DefectName[]) {
  const planted = [...names];
  const server = await startObservedServer(planted, () => {});
  onTestFinished(async () => await server[Symbol.asyncDispose]());
  return { url: server.url, mend: (): void => void planted.splice(0) };
}

function idOf(findings: readonly Finding[], rule: string): string {
  return findings.find((finding) => finding.rule === rule)?.id ?? `no finding of ${rule}`;
}

test.for([
  ["documented", "unknown-id-found", "unknown-id"],
  ["core", "limit-ignored", "page-limit"],
  ["management", "created-as-200", "create-status"],
  ["management", "post-not-sent", "post-broadcast"],
] as const)(
  "as %s, the case of %s fails alone, and passes once it is mended",
  async ([profile, defect, rule], { skip }) => {
    const { url, mend } = await startMendable(defect);
    const limits = { eventMsMax: 200 };
    const whole = await runContract({ url, profile, forMs: 200, limits });
    requireMeasured(skip, whole);
    const id = idOf(whole.findings, rule);
    const before = await runContract({ url, case: id, limits });
    expect([before.verdict, before.findings.map((finding) => finding.id)]).toEqual(["FAIL", [id]]);
    expect(formatContractText(before)).toContain("The case is still there");
    mend();
    const after = await runContract({ url, case: id, limits });
    expect([after.verdict, after.reasons, after.findings]).toEqual(["PASS", [], []]);
  },
);

test("the case of an event ends as soon as it is found, and needs no more than its listening to pass", async ({
  skip,
}) => {
  const { url, mend } = await startMendable("naive-timestamp");
  const whole = await runContract({ url, profile: "realtime", forMs: 300 });
  requireMeasured(skip, whole);
  const id = idOf(whole.findings, "event-timestamp");
  const before = await runContract({ url, case: id, forMs: 60_000 });
  expect(before.verdict).toBe("FAIL");
  expect(before.durationMs).toBeLessThan(30_000);
  mend();
  expect((await runContract({ url, case: id, forMs: 300 })).verdict).toBe("PASS");
});

test("a case that cannot be reached any more has not passed", async () => {
  await using server = await startSmallServer(dialects["bare arrays"], "other-one");
  const options = { url: server.url, forMs: 200, profile: "documented" } as const;
  const id = idOf((await runContract(options)).findings, "resource-matches-list");
  await server[Symbol.asyncDispose]();
  await using empty = await startSmallServer(dialects["bare arrays"], "list-empty");
  const result = await runContract({ ...options, url: empty.url, case: id });
  expect([result.verdict, result.reasons]).toEqual(["INVALID", [expect.stringContaining("was not reached")]]);
});

test.each(["agents.unknown-id", "nothing.unknown-id.0123456789", "agents.no-rule.0123456789"])(
  "%s is no id of a finding",
  async (id) => {
    const run = runContract({ url: "http://127.0.0.1:1", case: id });
    await expect(run).rejects.toThrow(OptionError);
    await expect(run).rejects.toThrow("out of a report");
  },
);

test("the curl line sends the request of the finding again", async () => {
  await using server = await startSmallServer(dialects["lists in items"], "unknown-found");
  const result = await runContract({
    url: server.url,
    forMs: 200,
    profile: "documented",
    headers: { "X-Key": "secret" },
  });
  const finding = result.findings.find(({ subject }) => subject === "GET /api/agents/:id");
  const curl = finding === undefined ? undefined : curlCommand(result, finding);
  expect(curl).toBe(`curl -i -H 'X-Key: ...' ${server.url}/api/agents/no-such-id-9`);
  const { stdout } = await promisify(execFile)("sh", ["-c", curl ?? "false"]);
  expect(stdout).toMatch(/^HTTP\/1.1 200 OK[^]*null$/);
  expect(finding && caseCommand(result, finding)).toBe(
    `npx max contract --url ${server.url} --case ${finding?.id} --header 'X-Key: ...'`,
  );
  expect(JSON.stringify(result)).not.toContain("secret");
});

test("failing cases are kept, repeated first with the seed that found them, and removed once mended", async ({
  skip,
}) => {
  const cases = await temporaryFolder();
  const { url, mend } = await startMendable("limit-ignored", "sort-ignored");
  const options = { url, profile: "core", forMs: 200, cases } as const;
  const kept = async (): Promise<string[]> =>
    (await readdir(cases, { recursive: true })).filter((name) => name.endsWith(".json"));

  const first = await runContract({ ...options, seed: "7" });
  requireMeasured(skip, first);
  const ids = first.findings.map(({ id }) => id).toSorted();
  expect((await kept()).map((path) => path.replace(/^.*\/|\.json$/g, "")).toSorted()).toEqual(ids);

  const lines: string[] = [];
  const second = await runContract({ ...options, progress: (line) => void lines.push(line) });
  expect(second.kept?.map(({ id, outcome }) => `${id} ${outcome}`).toSorted()).toEqual(
    ids.map((id) => `${id} still there`),
  );
  expect(lines.findIndex((line) => line.startsWith("kept case"))).toBeLessThan(
    lines.findIndex((line) => line.startsWith("listening")),
  );

  mend();
  const third = await runContract(options);
  expect([third.verdict, new Set(third.kept?.map(({ outcome }) => outcome))]).toEqual(["PASS", new Set(["mended"])]);
  expect(await kept()).toEqual([]);
});

test("what was kept and is accepted now passes, and is kept no longer than it is there", async ({ skip }) => {
  const cases = await temporaryFolder();
  await using server = await startSmallServer(dialects["bare arrays"], "unknown-found");
  const options = { url: server.url, profile: "documented", forMs: 200, cases } as const;
  const first = await runContract(options);
  requireMeasured(skip, first);
  expect(first.verdict).toBe("FAIL");
  const accept = join(cases, "accepted.json");
  const accepted = await runContract({ ...options, accept, updateAccepted: true });
  expect([accepted.verdict, new Set(accepted.kept?.map(({ outcome }) => outcome))]).toEqual([
    "PASS",
    new Set(["still there"]),
  ]);
  server.mend();
  const mended = await runContract({ ...options, accept });
  expect([mended.verdict, mended.accepted?.gone.map(({ rule }) => rule)]).toEqual([
    "PASS",
    ["unknown-id", "unknown-id", "unknown-id"],
  ]);
});

test("a server that comes up within the wait is judged, and one that does not is unreachable", async ({ skip }) => {
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
  const url = `http://127.0.0.1:${port}`;
  const options = { url, profile: "documented", forMs: 200 } as const;
  expect((await runContract({ ...options, waitMs: 300 })).verdict).toBe("UNREACHABLE");
  const waiting = runContract({ ...options, waitMs: 30_000 });
  await using server = await startSmallServer(dialects["bare arrays"], undefined, port);
  const result = await waiting;
  requireMeasured(skip, result);
  expect([server.url, result.verdict]).toEqual([url, "PASS"]);
});
