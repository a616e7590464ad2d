/** Servers of the documented API alone reach the level that is named after it, and one defect keeps them from it. */
import { expect, test } from "vitest";
import { formatContractText, runContract } from "../index.js";
import { requireMeasured } from "../measured.fixture.js";
import { type Dialect, type SmallDefect, dialects, smallDefects, startSmallServer } from "./small-server.fixture.js";

const all = Object.entries(dialects) as [string, Dialect][];

test.concurrent.for(all)(
  "a small server with %s reaches the documented level, and core is next",
  async ([, dialect], { skip }) => {
    await using server = await startSmallServer(dialect);
    const result = await runContract({ url: server.url, forMs: 500, profile: "documented", strict: true });
    requireMeasured(skip, result);
    expect(result.findings).toEqual([]);
    expect([result.verdict, result.levels]).toEqual([
      "PASS",
      { reached: "documented", next: { level: "core", isJudged: false, rules: [], findings: 0 } },
    ]);
    expect(formatContractText(result)).toMatch(/^Level reached: documented [^]*^Next: core [^]*--profile core does/m);
  },
);

test("without a claim a small server is told how far it came, and which rules are next", async ({ skip }) => {
  await using server = await startSmallServer(dialects["lists in items"]);
  const result = await runContract({ url: server.url, forMs: 500 });
  requireMeasured(skip, result);
  expect([result.verdict, result.levels?.reached]).toEqual(["PASS", "documented"]);
  expect(result.levels?.next).toMatchObject({ level: "core", isJudged: true });
  expect(result.levels?.next?.rules).toContain("body-required");
});

const planted = Object.entries(smallDefects) as [SmallDefect, (typeof smallDefects)[SmallDefect]][];
const rows = planted.map(([name, [what, rule]], n) => [what, rule, name, all[n % all.length]] as const);

test.concurrent.for(rows)("%s breaks %s", async ([, rule, name, [, dialect]], { skip }) => {
  await using server = await startSmallServer(dialect, name);
  const result = await runContract({ url: server.url, forMs: 300, profile: "documented", only: ["resources"] });
  requireMeasured(skip, result);
  expect(result.verdict).toBe("FAIL");
  expect(result.findings.filter(({ level }) => level === "documented").map((finding) => finding.rule)).toContain(rule);
});
