/** The reports of a comparison: what differs is said first, and nothing breaks them. */
import { expect, test } from "vitest";
import { type Comparison, schemaFiles } from "../../../schemas/index.js";
import { formatComparisonJunit } from "./junit.js";
import { formatComparisonMarkdown } from "./markdown.js";
import { formatComparisonPage } from "./page.js";
import { formatComparison } from "./text.js";

const example = schemaFiles["comparison.schema.json"].examples[0] as unknown as Comparison;
const forPeople = [formatComparison, formatComparisonMarkdown, formatComparisonPage];

test("what differs besides the build stands before the conclusion, in every report for people", () => {
  for (const format of forPeople) {
    const report = format(example);
    expect(report).toMatch(/Not only the build differs: Node\.js\.[^]*Slower: p50 by 8 to 32 %\./);
    expect(report).toMatch(/v22\.1\.0[^]*v24\.2\.0/);
    expect(report).toMatch(/p50[^]*5\.00 ms[^]*6\.00 ms[^]*× 1\.20[^]*× 1\.08 to × 1\.32[^]*slower by 8 to 32 %/);
    expect(report).toMatch(/p99[^]*× 0\.60 to × 1\.90[^]*no difference beyond noise/);
    expect(format({ ...example, differences: [] })).not.toContain("Not only the build");
  }
});

test("runs without latencies still have their reports", () => {
  const nothing = { oldMs: null, newMs: null, ratio: null, ratioMin: null, ratioMax: null, change: "unknown" } as const;
  const empty: Comparison = {
    ...example,
    verdict: "inconclusive",
    conclusion: "Inconclusive: too short.",
    percentiles: example.percentiles.map(({ path }) => ({ path, ...nothing })),
    figures: [],
  };
  for (const format of [...forPeople, formatComparisonJunit])
    expect(format(empty)).not.toMatch(/NaN|undefined|Infinity/);
  expect(formatComparisonJunit(empty)).toMatch(/name="can be compared"><failure message="Inconclusive: too short\."/);
});

test("the page needs nothing from elsewhere, runs no script, and draws intervals of any size inside its picture", () => {
  const wide = { ...example.percentiles[0], ratioMin: 0.001, ratioMax: 900 };
  const page = formatComparisonPage({ ...example, conclusion: "<script>", percentiles: [wide] });
  expect(page).not.toMatch(/<script|https?:\/\/|@import|url\(/);
  const places = [...page.matchAll(/ (?:x1|x2|cx)="(-?[\d.]+)"/g)].map(([, x]) => Number(x));
  expect(places.length).toBeGreaterThan(4);
  expect(Math.min(...places)).toBeGreaterThanOrEqual(80);
  expect(Math.max(...places)).toBeLessThanOrEqual(684);
});

test("JUnit fails what became slower", () => {
  const xml = formatComparisonJunit(example);
  expect(xml.match(/<failure /g)).toHaveLength(1);
  expect(xml).toMatch(/name="latencyMs\.p50"><failure message="slower by 8 to 32 %"/);
});
