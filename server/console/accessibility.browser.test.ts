/** axe-core finds nothing on any view, light and dark, on a desktop and on a phone. */
import { expect } from "vitest";
import { violationsOn } from "./axe.fixture.js";
import { browserTest, openConsole, startFrozen } from "./browser.fixture.js";
import { tellOfCluster } from "./cluster/cluster.fixture.js";
import { scenesOf } from "./views.fixture.js";

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
