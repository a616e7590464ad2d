/**
 * Each defect of a server's REST is found by the rule that it breaks, and a sound server passes.
 *
 * A row asks the part that finds it over HTTP, with the events taken in this process; whole runs are a few, for what
 * only connections show. Defects of the events are judged on recordings, in `events/defects.test.ts`.
 */
import { expect, test } from "vitest";
import { extensionOperations } from "./core/extension-operations.js";
import type { Finding, Findings } from "./core/findings.js";
import type { RuleName } from "./core/rules.js";
import { type Run, prepareRun } from "./core/run-context.js";
import { formatContractText, runContract } from "./index.js";
import { createListeningInProcess } from "./listening.fixture.js";
import { requireMeasured } from "./measured.fixture.js";
import { type Defect, type DefectName, defects, endToEndDefects } from "./reference/defects.fixture.js";
import {
  startExtendedReferenceServer,
  startObservedServer,
  startReferenceServer,
} from "./reference/reference-server.fixture.js";
import { referenceToken } from "./reference/reference-simulation.fixture.js";
import { judgeBeyond, judgeRest } from "./run.js";

const limits = { eventMsMax: 400, answerMsMax: 1500, connectMsMax: 3000, overtimeMsMax: 120_000 };
/** For what shows by an answer's size: how long a busy machine takes over it is no part of the claim. */
const patientLimits = { ...limits, answerMsMax: 60_000 };
/** What REST is held against where a part follows the events. */
const eventsFollowed = 100;

const foundReason = new Error("the defect is found");

/** The run as it is, but that it ends once it finds this rule broken: the rest of a part would show nothing more. */
function endingAt(rule: RuleName, run: Run, isCounted: (finding: Finding) => boolean): Run {
  const judge: Findings["judge"] = (level, part) => {
    const inner = run.findings.judge(level, part);
    return {
      ...inner,
      check(checked, subject, holds, failure) {
        const held = inner.check(checked, subject, holds, failure);
        if (
          !held &&
          checked === rule &&
          run.findings.list().some((finding) => finding.rule === rule && isCounted(finding))
        ) {
          run.deadline.end(foundReason);
          run.grace.end();
        }
        return held;
      },
    };
  };
  return { ...run, findings: { ...run.findings, judge } };
}

interface Judged {
  readonly broken: readonly RuleName[];
  /** What broke after the checker's own stall, which is no verdict. */
  readonly inconclusive: readonly RuleName[];
}

/** What the parts of a defect find on a server with these defects; with `until`, no more once that rule is broken. */
async function judgeParts(
  { only, profile, strict = false, isExtended = false }: Defect,
  planted: readonly DefectName[],
  until?: RuleName,
): Promise<Judged> {
  const listening = createListeningInProcess();
  let seen = 0;
  let listened = (): void => {};
  const enough = new Promise<void>((resolve) => void (listened = resolve));
  await using server = await startObservedServer(
    planted,
    (event) => {
      listening.take(event);
      if ((seen += 1) === eventsFollowed) listened();
    },
    { isExtended },
  );
  const token = isExtended ? { token: referenceToken } : {};
  const applied = until === "answer-size" ? patientLimits : limits;
  const whole = prepareRun({ url: server.url, profile, only, limits: applied, ...token });
  const isCounted = ({ severity }: Finding): boolean => severity === "error" || strict;
  const run = until === undefined ? whole : endingAt(until, whole, isCounted);
  try {
    await judgeRest(run, listening, only.includes("following") ? enough : Promise.resolve());
    await judgeBeyond(run);
  } catch (error) {
    if (run.signal.reason !== foundReason) throw error;
  } finally {
    run.deadline.cancel();
    run.grace.end();
    run.stalls.stop();
  }
  const found = run.findings.list();
  const rulesOf = (findings: readonly Finding[]): RuleName[] => [...new Set(findings.map(({ rule }) => rule))];
  return {
    broken: rulesOf(found.filter(isCounted)),
    inconclusive: rulesOf(found.filter(({ severity }) => severity === "inconclusive")),
  };
}

const overRest: readonly DefectName[] = (Object.keys(defects) as DefectName[]).filter(
  (name) => defects[name].profile !== "realtime",
);
const rows = overRest.map((name) => [defects[name].what, defects[name].rule, name] as const);

test.concurrent.for(rows)("%s breaks %s (%s)", async ([, rule, name], { expect, skip }) => {
  const { broken, inconclusive } = await judgeParts(defects[name], [name], rule);
  const isStarved = !broken.includes(rule) && inconclusive.includes(rule);
  skip(isStarved, "not measured: the checker's process stalled when the rule was broken");
  expect(broken).toContain(rule);
});

test.each([false, true])("without a defect none of these parts breaks a rule (extended: %s)", async (isExtended) => {
  const only = [
    ...new Set(
      overRest.flatMap((name) => ((defects[name].isExtended ?? false) === isExtended ? defects[name].only : [])),
    ),
  ];
  const all: Defect = { what: "nothing", rule: "read-status", profile: "management", only, isExtended, strict: true };
  expect((await judgeParts(all, [])).broken).toEqual([]);
});

test.for([...endToEndDefects])("a whole run finds the defect %s, and fails", async (name, { skip }) => {
  const { only, profile, rule } = defects[name];
  await using server = await startReferenceServer(name);
  const result = await runContract({ url: server.url, forMs: 600, profile, only, limits });
  requireMeasured(skip, result);
  expect(result.verdict).toBe("FAIL");
  expect(result.rules.filter(({ broken }) => broken > 0).map((outcome) => outcome.rule)).toContain(rule);
});

test.for([
  ["as core", startReferenceServer, { profile: "core" }],
  ["as management", startReferenceServer, { profile: "management" }],
  ["with all that it may have beyond", startExtendedReferenceServer, { profile: "management", token: referenceToken }],
] as const)("the reference server without a defect passes %s", async ([, start, options], { skip }) => {
  await using server = await start();
  const result = await runContract({
    url: server.url,
    forMs: 1000,
    strict: true,
    limits: { overtimeMsMax: 300_000 },
    ...options,
  });
  requireMeasured(skip, result);
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
