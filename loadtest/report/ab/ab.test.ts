/** The reports of an A/B test. */
import { expect, test } from "vitest";
import { type AbTest, schemaFiles } from "../../../schemas/index.js";
import { formatAbJunit } from "./junit.js";
import { formatAbMarkdown } from "./markdown.js";
import { formatAbPage } from "./page.js";
import { formatAb } from "./text.js";

const example = schemaFiles["ab.schema.json"].examples[0] as unknown as AbTest;
const forPeople = [formatAb, formatAbMarkdown, formatAbPage];

test("every report for people has the verdict, both ratios with their intervals, and the rule", () => {
  for (const format of forPeople) {
    const report = format(example);
    expect(report).toMatch(/B is worse: server CPU per delivery by 9\.5 to 15 %/);
    expect(report).toMatch(/9\.15 µs[^]*10\.30 µs[^]*9\.09 µs[^]*× 1\.12[^]*1\.0?95? to[^]*× 0\.99[^]*0\.9\d+ to/);
    expect(report).toMatch(
      /interval of B\/A leaves out 1 and B\/A lies outside the interval of A(?:'|&#39;|&apos;)\/A/,
    );
    expect(report).toMatch(/4 blocks of three rounds of 10 s/);
  }
});

test("rounds that did not pass are named in every report for people, and so is what differs besides the server", () => {
  const [first, ...rest] = example.rounds;
  const rounds = [{ ...first, verdict: "INVALID" as const, isCounted: false, reasons: ["starved"] }, ...rest];
  const differences = [{ what: "seed", a: "1", b: "2" }];
  for (const format of forPeople) {
    const report = format({ ...example, rounds, differences, notes: ["A note."] });
    expect(report).toMatch(/Not only the server differs: seed\.[^]*INVALID[^]*starved/);
    expect(report).toContain("1 more INVALID and not counted");
    expect(report).toContain("A note.");
  }
});

test("the page draws both ratios and every round inside their pictures, needs nothing from elsewhere, and runs no script", () => {
  const page = formatAbPage({ ...example, conclusion: "<script>" });
  expect(page).not.toMatch(/<script|https?:\/\/(?!localhost)|@import|url\(/);
  expect(page.match(/<svg /g)).toHaveLength(2);
  expect(page.match(/class="interval/g)).toHaveLength(2 * example.figures.length);
  const places = [...page.matchAll(/ (?:x|x1|x2|cx)="(-?[\d.]+)"/g)].map(([, x]) => Number(x));
  expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...places)).toBeLessThanOrEqual(720);
});

test("a test without a round, or whose rounds measured nothing, has its reports", () => {
  const empty = { verdict: "invalid", figures: [], reached: null, blocks: 0 } as const;
  for (const rounds of [[], example.rounds.map((round) => ({ ...round, p50Ms: null, cpuUsPerDelivery: null }))])
    for (const format of [...forPeople, formatAbJunit])
      expect(format({ ...example, ...empty, rounds, figures: [...empty.figures] })).not.toMatch(
        /NaN|undefined|Infinity/,
      );
});

test("JUnit fails the figures that are worse, lost deliveries, and what cannot be compared", () => {
  expect(formatAbJunit(example).match(/<failure /g)).toHaveLength(1);
  expect(formatAbJunit(example)).toMatch(/name="server\.cpuUsPerDelivery"><failure message="worse by 9\.5 to 15 %"/);
  expect(formatAbJunit({ ...example, reasons: ["lost"] })).toMatch(/name="deliveries of B"><failure message="lost"/);
  expect(formatAbJunit({ ...example, verdict: "invalid" })).toMatch(/name="can be compared"[^>]*><failure /);
});
