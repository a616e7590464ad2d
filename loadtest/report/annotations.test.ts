/** A run's reasons as GitHub's runner reads them: one line each, escaped, ten at most. */
import { expect, test } from "vitest";
import { type Summary, schemaFiles } from "../../schemas/index.js";
import { formatAnnotations } from "./annotations.js";

const example = schemaFiles["summary.schema.json"].examples[0] as unknown as Summary;
const { name } = example.plan;

test("a run that passed has none", () => {
  expect(formatAnnotations({ ...example, verdict: "PASS", reasons: [] })).toBe("");
});

test("each reason of a failed run is an error, on a line of its own", () => {
  const reasons = ["latencyMs.p99<50 does not hold: 60", "100 % lost\nof two lines"];
  expect(formatAnnotations({ ...example, verdict: "FAIL", reasons })).toBe(
    `::error title=max loadtest ${name}%3A FAIL::latencyMs.p99<50 does not hold: 60\n` +
      `::error title=max loadtest ${name}%3A FAIL::100 %25 lost%0Aof two lines\n`,
  );
});

test("of more reasons than GitHub shows, the last line tells how many there are", () => {
  const reasons = Array.from({ length: 14 }, (_, index) => `reason ${index}`);
  const lines = formatAnnotations({ ...example, verdict: "INVALID", reasons })
    .trimEnd()
    .split("\n");
  expect(lines).toHaveLength(10);
  expect(lines.at(-1)).toBe(`::error title=max loadtest ${name}%3A INVALID::5 more reasons are in the report`);
});
