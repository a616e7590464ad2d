/** axe-core finds nothing on any view, light and dark, on a desktop and on a phone. */
import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { browserTest, openConsole, startFrozen } from "./browser.fixture.js";
import { tellOfCluster } from "./cluster/cluster.fixture.js";
import { scenesOf } from "./views.fixture.js";

const everyRule = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe finds, each with its place. Its source goes in by the debugger, which the page's policy does not concern. */
async function violationsOn(page: Page, where: string, runOnly = everyRule): Promise<string[]> {
  const isThere = await page.evaluate(() => "axe" in globalThis);
  if (!isThere) await page.evaluate(axe.source);
  return await page.evaluate(
    async ([where, runOnly]) => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run({
        resultTypes: ["violations"],
        runOnly,
      });
      return violations.flatMap(({ id, impact, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${where}: ${impact} ${id}: ${html} ${failureSummary}`),
      );
    },
    [where, runOnly] as const,
  );
}

const screens = [
  ["desktop", 1440, 900],
  ["phone", 380, 800],
] as const;

for (const [name, width, height] of screens) {
  browserTest(`axe finds nothing to complain of, light and dark: ${name}`, async () => {
    const max = await startFrozen();
    max.advance("3m");
    const { page, complaints } = await openConsole(max, { viewport: { width, height }, setUp: tellOfCluster });
    const found: string[] = [];
    for (const scene of await scenesOf(page)) {
      await scene.open();
      await page.emulateMedia({ colorScheme: "light" });
      found.push(...(await violationsOn(page, `${scene.name}, light`)));
      // What is dark differs in its colours alone.
      await page.emulateMedia({ colorScheme: "dark" });
      found.push(...(await violationsOn(page, `${scene.name}, dark`, ["color-contrast"])));
    }
    expect(found).toEqual([]);
    expect(complaints).toEqual([]);
  });
}

browserTest("axe would say so if there were something", async () => {
  const { page } = await openConsole(await startFrozen(), { path: "/?view=connect" });
  await page.evaluate(() => document.querySelector("main")?.append(document.createElement("button")));
  expect(await violationsOn(page, "here")).toEqual([expect.stringContaining("critical button-name")]);
});
