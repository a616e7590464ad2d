/** What axe-core finds on a page. */
import axe from "axe-core";
import type { Page } from "playwright-core";

const everyRule = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe finds, each with its place. Its source goes in by the debugger, which the page's policy does not concern. */
export async function violationsOn(page: Page, where: string, runOnly = everyRule): Promise<string[]> {
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
