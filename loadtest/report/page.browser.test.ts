/** The report as readers meet it: in a real browser, light, dark, on a telephone and on paper. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect } from "vitest";
import { type Summary, schemaFiles } from "../../schemas/index.js";
import { browserTest, theBrowser } from "../../server/console/browser.fixture.js";
import { formatPage } from "./page.js";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const example = schemaFiles["summary.schema.json"].examples[0] as unknown as Summary;
const fault = {
  event: "market:update",
  pointer: "/value",
  keyword: "changed",
  detail: "1 arrived as 2",
  deliveries: 3,
};
const failed: Summary = {
  ...example,
  addresses: [8000, 8001, 8002].map((port) =>
    Object.assign({}, example.addresses[0], { url: `http://localhost:${port}` }),
  ),
  verdict: "FAIL",
  reasons: ["3 corrupted: market:update /value 1 arrived as 2"],
  divergences: [fault],
  thresholds: [{ expression: "latencyMs.p99<1", value: 4.2, passed: false }],
  fairness: {
    ...example.fairness,
    worst: [
      {
        subscriber: "thin 3",
        faults: 3,
        latencyMeanMs: 4,
        latencyMaxMs: 9,
        divergence: { kind: "corrupted", tick: 5, secondsIn: 1.2, expected: '{"value":1}', received: '{"value":2}' },
      },
    ],
  },
};
const invalid: Summary = { ...example, verdict: "INVALID", reasons: ["interrupted after 2 s of 15 s"] };

const readers = [
  ["light", { viewport: { width: 1100, height: 900 } }],
  ["dark", { viewport: { width: 1100, height: 900 }, colorScheme: "dark" }],
  ["narrow", { viewport: { width: 380, height: 800 } }],
  ["print", { viewport: { width: 700, height: 900 } }],
] as const;

const cases = readers.flatMap(([reader, options]) =>
  [example, failed, invalid].map((summary) => [summary.verdict, reader, options, summary] as const),
);

browserTest.each(cases)(
  "the report of a %s is accessible and fits its reader: %s",
  async (_, reader, options, summary) => {
    const context = await (await theBrowser()).newContext({ ...options, bypassCSP: true, reducedMotion: "reduce" });
    const page = await context.newPage();
    if (reader === "print") await page.emulateMedia({ media: "print" });
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("request", (request) => complaints.push(request.url()));
    await page.setContent(formatPage(summary));
    await page.evaluate(axeSource);
    const violations = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
      return (await axe.run()).violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
    });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    await context.close();
    expect(violations).toEqual([]);
    expect(overflow).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
  },
);

browserTest("words on a telephone are read in words, not letter by letter", async () => {
  const page = await (await theBrowser()).newPage({ viewport: { width: 360, height: 800 } });
  await page.setContent(formatPage(example));
  const widths = await page.evaluate(() =>
    ["th code", "td.words"].map((selector) =>
      [...document.querySelectorAll(selector)]
        .map((cell) => cell.getBoundingClientRect().width)
        .filter((width) => width > 0),
    ),
  );
  await page.close();
  for (const ofKind of widths) {
    expect(ofKind).not.toEqual([]);
    expect(Math.min(...ofKind)).toBeGreaterThan(100);
  }
});

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}
