/** Each defect planted in the reference server is found by the rule that it breaks, and a server without one is found sound. */
import { expect, test, vi } from "vitest";
import { extensionOperations } from "./core/extension-operations.js";
import { type ContractResult, formatContractText, runContract } from "./index.js";
import { type Defect, type DefectName, defects } from "./reference/defects.fixture.js";
import { startExtendedReferenceServer, startReferenceServer } from "./reference/reference-server.fixture.js";
import { referenceToken } from "./reference/reference-simulation.fixture.js";
import { formatTable } from "../report/table.js";
import { isLongRun } from "../../schemas/amount.fixture.js";
import { untilJudged } from "./until-judged.fixture.js";

// A hundred runs: a starved machine may take its time over them.
vi.setConfig({ testTimeout: 400_000 });

const limits = { eventMsMax: 400, answerMsMax: 1500, connectMsMax: 3000, overtimeMsMax: 120_000 };
/** Most of a run is waiting, so several go on at a time. */
const runsAtATime = 6;

const all = Object.keys(defects) as DefectName[];
/** A run for each of them is a minute of two cores: every fifth in `npm test`, all in the long run and in CI. */
const planted = all.filter((_, at) => isLongRun || at % 5 === 0);

interface Outcome {
  readonly name: string;
  readonly defect: Defect;
  /** Distinct rules that the run says were broken. */
  readonly broken: readonly string[];
  readonly result: ContractResult;
}

async function judgeDefect(name: DefectName): Promise<Outcome> {
  const defect: Defect = defects[name];
  const { only, profile, strict = false, isExtended = false } = defect;
  await using server = await (isExtended ? startExtendedReferenceServer : startReferenceServer)(name);
  const token = isExtended ? { token: referenceToken } : {};
  const result = await runContract({ url: server.url, forMs: 600, profile, only, strict, limits, ...token });
  const counted = result.findings.filter(({ severity }) => severity === "error" || strict);
  return { name, defect, broken: [...new Set(counted.map(({ rule }) => rule))], result };
}

function isFound({ defect, broken, result }: Outcome): boolean {
  return result.verdict === "FAIL" && broken.includes(defect.rule);
}

test(`${planted.length} of ${all.length} planted defects are found, each named by the rule that it breaks`, async () => {
  const waiting = [...planted];
  const outcomes: Outcome[] = [];
  async function work(): Promise<void> {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const next = name;
      outcomes.push(
        await untilJudged(
          async () => await judgeDefect(next),
          isFound,
          ({ result }) => result,
        ),
      );
    }
  }
  await Promise.all(Array.from({ length: runsAtATime }, work));

  const missed = outcomes.filter((outcome) => !isFound(outcome));
  const rows = outcomes
    .toSorted((a, b) => (a.defect.rule < b.defect.rule ? -1 : 1))
    .map(({ name, defect, broken }) => [
      defect.rule,
      broken.includes(defect.rule) ? "found" : "MISSED",
      name,
      defect.what,
      broken.filter((rule) => rule !== defect.rule).join(", "),
    ]);
  const head = ["rule", "", "defect", "what was planted", "other rules that it breaks"];
  const table = formatTable([head, ...rows], { align: "left", isRuled: true });
  process.stdout.write(table.map((line) => `  ${line}\n`).join(""));
  process.stdout.write(`  found ${outcomes.length - missed.length} of ${outcomes.length} planted defects\n`);
  expect(missed.map(({ name }) => name)).toEqual([]);
  expect(outcomes).toHaveLength(planted.length);
});

test.each([
  ["as core", startReferenceServer, { profile: "core" }],
  ["as management", startReferenceServer, { profile: "management" }],
  ["with all that it may have beyond", startExtendedReferenceServer, { profile: "management", token: referenceToken }],
] as const)("the reference server without a defect passes %s", async (_how, start, options) => {
  async function judge(): Promise<ContractResult> {
    await using server = await start();
    return await runContract({
      url: server.url,
      forMs: 1000,
      strict: true,
      limits: { overtimeMsMax: 300_000 },
      ...options,
    });
  }
  const result = await untilJudged(
    judge,
    ({ findings }) => findings.length === 0,
    (one) => one,
  );
  if (result.verdict !== "PASS") process.stdout.write(`${formatContractText(result)}\n`);
  expect(result.findings).toEqual([]);
  expect(result.verdict).toBe("PASS");
});

test.each([
  ["does not have", startReferenceServer, new Set(["not offered"])],
  ["has, and needs the token for,", startExtendedReferenceServer, new Set([true, "needs the control token"])],
] as const)(
  "what a server %s beyond the documented API is said, and no reason to fail",
  async (_how, start, expected) => {
    await using server = await start();
    const only = ["service", "simulation"] as const;
    const result = await runContract({ url: server.url, forMs: 500, profile: "management", only });
    expect(result.reasons).toEqual([]);
    const { extensions } = result.coverage;
    expect(extensions).toHaveLength(extensionOperations.length);
    expect(new Set(extensions.map(({ why, covered }) => why ?? covered))).toEqual(expected);
    expect(formatContractText(result)).toMatch(/extensions +\d+ of \d+\n +(?:not offered|needs the control token): /);
  },
);
