import { expect, test } from "vitest";
import { findViolations } from "../../schemas/index.js";
import { compareRuns } from "./compare-runs.js";
import { makeRuns } from "./synthetic-run.fixture.js";

const machine = { node: "v22.1.0", cpuModel: "one", cores: 2, platform: "linux x64" };
const plan = { name: "default", clients: 200, thresholds: ["latencyMs.p99<100"] };
const summary = { seed: "42", environment: machine, plan };

function runs(seed: string, changes: Readonly<Record<string, unknown>> = {}, seconds = 30) {
  return makeRuns([{ seed, seconds }], { ...summary, ...changes });
}

test("the result fits its schema, seeds a and b", () => {
  const comparison = compareRuns(runs("a"), runs("b"));
  expect(findViolations("comparison.schema.json", JSON.parse(JSON.stringify(comparison)))).toEqual([]);
});

test("the same machine, plan and seed are no differences, whatever the thresholds are", () => {
  const other = runs("b", { plan: { ...plan, thresholds: [], name: "copy" } });
  expect(compareRuns(runs("a"), other).differences).toEqual([]);
});

test.each([
  [{ environment: { ...machine, node: "v24.2.0" } }, { what: "Node.js", old: "v22.1.0", new: "v24.2.0" }],
  [{ environment: { ...machine, cores: 8 } }, { what: "cores", old: "2", new: "8" }],
  [{ environment: { ...machine, cpuModel: "other" } }, { what: "processor", old: "one", new: "other" }],
  [{ plan: { ...plan, clients: 500 } }, { what: "plan: clients", old: "200", new: "500" }],
  [{ plan: { ...plan, rest: [] } }, { what: "plan: rest", old: "not recorded", new: "[]" }],
  [{ seed: "43" }, { what: "seed", old: "42", new: "43" }],
])("%j is named as a difference", (changes, difference) => {
  expect(compareRuns(runs("a"), runs("b", changes)).differences).toEqual([difference]);
});

test("a run of the same build on another machine among several is named, too", () => {
  const [one] = runs("a").runs;
  const [other] = runs("b", { seed: "43" }).runs;
  const comparison = compareRuns({ folder: "reports", runs: [one, other] }, runs("c"));
  expect(comparison.differences).toEqual([{ what: "seed", old: "42, 43", new: "42" }]);
  expect(comparison.old).toMatchObject({ runs: 2, measuredSeconds: 60, verdicts: ["PASS", "PASS"] });
});

test.each([
  ["a short run", runs("b", {}, 29), /the new side has measured 29 s; 30 s are needed/],
  ["an INVALID one", runs("b", { verdict: "INVALID", reasons: ["the generator was busy"] }), /INVALID: the generator/],
  ["another oracle", runs("b", { target: { oracle: "learned" } }), /count from different instants/],
  ["a run that measured nothing", runs("b", {}, 0), /the new side has measured 0 s/],
])("%s makes a comparison inconclusive", (_name, changed, reason) => {
  const { verdict, conclusion, reasons } = compareRuns(runs("a"), changed);
  expect(verdict).toBe("inconclusive");
  expect(reasons.join("; ")).toMatch(reason);
  expect(conclusion).toMatch(/^Inconclusive: /);
});

test("two short runs are as long as one", () => {
  const short = { seconds: 15 };
  const side = (name: string) =>
    makeRuns(
      [
        { seed: `${name} 1`, ...short },
        { seed: `${name} 2`, ...short },
      ],
      summary,
    );
  expect(compareRuns(side("a"), side("b")).reasons).toEqual([]);
});
