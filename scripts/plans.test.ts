/** Help and README list every shipped plan and every kind of stage, with the examples that the load test's own tests run. */
import { expect, test } from "vitest";
import { shippedPlans, stageKinds } from "../loadtest/index.js";
import { parsePlan } from "../loadtest/plans/parse.js";
import { loadtestCommand } from "./commands/loadtest.js";
import { readSpans } from "./docs.fixture.js";

const help = loadtestCommand.epilogue!.split("\n").map((line) => line.trim());
const spans = readSpans("README.md");
const isStage = (text: string) => text.startsWith('{"kind":');
const stages = Object.values(stageKinds).map(({ example }) => example);

test.each([
  ["max loadtest --help", help],
  ["README.md", spans],
])("%s has an example of each kind of stage, and no other", (_, texts) => {
  const examples = texts.filter(isStage).map((text): unknown => JSON.parse(text));
  expect(examples).toEqual(stages);
  expect(() => parsePlan({ name: "all", description: "All.", clients: 1, stages: examples })).not.toThrow();
});

test("help and README name each shipped plan", () => {
  const names = [...shippedPlans.keys()];
  expect(help.flatMap((line) => /^([\w-]+) +[\d,]+ clients, /.exec(line)?.[1] ?? [])).toEqual(names);
  expect(spans.flatMap((span) => /^--plan ([\w-]+)$/.exec(span)?.[1] ?? [])).toEqual(names);
});
