/** Each load test that the pages show runs, short and with few subscribers. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Max, startMax } from "../server/main.js";
import { runMaxCommand } from "./cli.fixture.js";
import { adapt, commands, isComparison, isOverHosts, resolve, splitWords, verdicts } from "./docs.fixture.js";

let max: Max;
beforeAll(async () => {
  max = await startMax({ port: 0, store: ":memory:", speed: 4 });
});
afterAll(() => max.close());

const loadtests = commands.flatMap(([page, line]) => {
  const action = resolve(splitWords(line));
  return "max" in action && action.max[0] === "loadtest" && !isComparison(action.max) && !isOverHosts(action.max)
    ? [[page, line, action.max] as const]
    : [];
});

test.concurrent.each(loadtests)("%s: %s", async (_page, _line, words) => {
  const { code, stdout, stderr } = await runMaxCommand(...adapt(max, words));
  expect(verdicts["loadtest"], stdout + stderr).toContain(code);
});
