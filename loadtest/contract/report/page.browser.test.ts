/** The page as readers meet it: in a real browser, light, dark, on a telephone. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect } from "vitest";
import { browserTest, theBrowser } from "../../../server/console/browser.fixture.js";
import { type ContractResult, runContract } from "../index.js";
import { startObservedServer } from "../reference/reference-server.fixture.js";
import { formatContractPage } from "./page.js";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Found once: readers differ, what they read does not. */
let judged: Promise<ContractResult> | undefined;

async function judgeDefects(): Promise<ContractResult> {
  await using server = await startObservedServer(["unknown-id-found", "bad-limit-taken", "naive-timestamp"], () => {});
  return await runContract({ url: server.url, profile: "core", forMs: 300 });
}

browserTest.each([
  ["light", { viewport: { width: 1100, height: 900 } }],
  ["dark", { viewport: { width: 1100, height: 900 }, colorScheme: "dark" }],
  ["narrow", { viewport: { width: 380, height: 800 } }],
] as const)("the page is accessible and fits its reader: %s", async (name, options) => {
  const result = await (judged ??= judgeDefects());
  const context = await (await theBrowser()).newContext({ ...options, bypassCSP: true, reducedMotion: "reduce" });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  await page.setContent(formatContractPage(result));
  const levels = await page.getByRole("row", { name: /^(?:realtime|documented|core|management) / }).allInnerTexts();
  expect(levels.map((row) => row.split(/\s+/).slice(0, 4).join(" "))).toEqual([
    "realtime ✗ 1 finding:",
    "documented ✗ 3 findings:",
    expect.stringMatching(/^core ✗ \d+ findings:/),
    expect.stringMatching(/^management not judged/),
  ]);
  await page.evaluate(axeSource);
  const violations = await page.evaluate<string[]>(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))`,
  );
  const overflow = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  const { CONTRACT_PICTURES: pictures } = process.env;
  if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
  await context.close();
  expect([violations, overflow <= 0, complaints]).toEqual([[], true, []]);
});
