/** The documentation's pages on a small telephone, where what is wide has to be scrolled. */
import { expect } from "vitest";
import { violationsOn } from "../console/axe.fixture.js";
import { browserTest, startFrozen, theBrowser } from "../console/browser.fixture.js";

const paths = ["/docs", "/docs/guides", "/docs/rest", "/docs/events", "/docs/problems"];

browserTest("the documentation is accessible, light and dark, and nothing is wider than a telephone", async () => {
  const { url } = await startFrozen();
  const context = await (await theBrowser()).newContext({ viewport: { width: 360, height: 740 } });
  const page = await context.newPage();
  const found: string[] = [];
  for (const path of paths) {
    await page.emulateMedia({ colorScheme: "light" });
    await page.goto(url + path);
    found.push(...(await violationsOn(page, path)));
    await page.emulateMedia({ colorScheme: "dark" });
    found.push(...(await violationsOn(page, `${path}, dark`, ["color-contrast"])));
    const wide = await page.evaluate<string[]>(`[...document.querySelectorAll("body *")]
      .filter((one) => one.getBoundingClientRect().right > innerWidth && one.closest(".table, pre") === null)
      .map((one) => one.outerHTML.slice(0, 200))`);
    found.push(...wide.map((html) => `${path}: wider than the page: ${html}`));
  }
  await context.close();
  expect(found).toEqual([]);
});
