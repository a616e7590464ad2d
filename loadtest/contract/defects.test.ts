import { expect, test } from "vitest";
import { formatContractText, runContract } from "./index.js";
import { type Defect, type DefectName, defects } from "./little/defects.fixture.js";
import { startLittleServer } from "./little/little-server.fixture.js";
import { formatTable } from "./report/table.js";

const limits = { eventMsMax: 400, answerMsMax: 1500, connectMsMax: 3000 };
/** Most of a run is waiting, so several go on at a time. */
const runsAtATime = 6;

interface Outcome {
  readonly name: string;
  readonly defect: Defect;
  /** Distinct rules that the run says were broken. */
  readonly broken: readonly string[];
  readonly exitCode: number;
}

async function judgeDefect(name: DefectName): Promise<Outcome> {
  await using server = await startLittleServer(name);
  const defect: Defect = defects[name];
  const { only, profile, strict = false } = defect;
  const result = await runContract({ url: server.url, forMs: 600, profile, only, strict, limits });
  const counted = result.findings.filter(({ severity }) => severity === "error" || strict);
  return { name, defect, broken: [...new Set(counted.map(({ rule }) => rule))], exitCode: result.exitCode };
}

test("every planted defect is found, and named by the rule that it breaks", { timeout: 120_000 }, async () => {
  const waiting = Object.keys(defects) as DefectName[];
  const outcomes: Outcome[] = [];
  async function work(): Promise<void> {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) outcomes.push(await judgeDefect(name));
  }
  await Promise.all(Array.from({ length: runsAtATime }, work));

  const missed = outcomes.filter(({ defect, broken, exitCode }) => exitCode !== 1 || !broken.includes(defect.rule));
  const rows = outcomes
    .toSorted((a, b) => (a.defect.rule < b.defect.rule ? -1 : 1))
    .map(({ name, defect, broken }) => [
      defect.rule,
      broken.includes(defect.rule) ? "found" : "MISSED",
      name,
      defect.what,
      broken.filter((rule) => rule !== defect.rule).join(", "),
    ]);
  process.stdout.write(
    `${formatTable(["rule", "", "defect", "what was planted", "other rules that it breaks"], rows)}\n`,
  );
  process.stdout.write(`  found ${outcomes.length - missed.length} of ${outcomes.length} planted defects\n`);
  expect(missed).toEqual([]);
  expect(outcomes.length).toBeGreaterThanOrEqual(25);
});

test("the little server without a defect passes as core and as management", async () => {
  for (const profile of ["core", "management"] as const) {
    await using server = await startLittleServer();
    const result = await runContract({ url: server.url, forMs: 1000, profile, strict: true });
    if (result.exitCode !== 0) process.stdout.write(`${formatContractText(result)}\n`);
    expect(result.findings).toEqual([]);
    expect(result.exitCode).toBe(0);
  }
});
