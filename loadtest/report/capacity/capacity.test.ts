/** The reports of a search for the capacity. */
import { expect, test } from "vitest";
import { type Capacity, schemaFiles } from "../../../schemas/index.js";
import { formatCapacityJunit } from "./junit.js";
import { formatCapacityMarkdown } from "./markdown.js";
import { formatCapacityPage } from "./page.js";
import { formatCapacity } from "./text.js";

const example = schemaFiles["capacity.schema.json"].examples[0] as unknown as Capacity;
const forPeople = [formatCapacity, formatCapacityMarkdown, formatCapacityPage];
const [first] = example.probes;

test("every report for people has the answer, and the curve by subscribers, the fewest first", () => {
  for (const format of forPeople) {
    const report = format(example);
    expect(report).toMatch(/Holds 734 subscribers[^]*The limit is the server(?:'|&#39;|&apos;)s CPU: latencyMs\.p99/);
    expect(report).toMatch(
      /200[^]*2\.10 ms[^]*8\.40 ms[^]*0\.26 cores[^]*20 %[^]*PASS[^]*400[^]*734[^]*PASS, PASS[^]*766/,
    );
    expect(report).toMatch(/808[^]*FAIL, FAIL/);
    expect(report).toMatch(/10 probes of 10 s with the plan default/);
  }
});

test("the page draws four curves inside their pictures, needs nothing from elsewhere, and runs no script", () => {
  const page = formatCapacityPage({ ...example, conclusion: "<script>" });
  expect(page).not.toMatch(/<script|https?:\/\/(?!127)|@import|url\(/);
  expect(page.match(/<svg /g)).toHaveLength(4);
  const places = [...page.matchAll(/ c(?:x|y)="(-?[\d.]+)"/g)].map(([, at]) => Number(at));
  expect(places).toHaveLength(2 * 4 * new Set(example.probes.map(({ clients }) => clients)).size);
  expect(Math.min(...places)).toBeGreaterThanOrEqual(28);
  expect(Math.max(...places)).toBeLessThanOrEqual(684);
});

test("a search without a probe, or whose probes measured nothing, has its reports", () => {
  const nothing = { p50Ms: null, p99Ms: null, serverCpuCores: null, deliveriesPerSecond: 0, generatorUtilisation: 0 };
  const inconclusive = { verdict: "inconclusive", clients: 0, failedClients: null, limit: null } as const;
  for (const probes of [[], [{ ...first, ...nothing, verdict: "INVALID" as const }]])
    for (const format of [...forPeople, formatCapacityJunit])
      expect(format({ ...example, ...inconclusive, probes })).not.toMatch(/NaN|undefined|Infinity/);
});

test("JUnit has one case, which fails where there is no number", () => {
  expect(formatCapacityJunit(example)).not.toContain("<failure");
  for (const verdict of ["none", "inconclusive"] as const)
    expect(formatCapacityJunit({ ...example, verdict })).toMatch(/name="capacity"[^>]*><failure message="Holds 734/);
});
