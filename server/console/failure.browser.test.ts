/** What fails in one part of the page stays in that part, and is said. */
import { expect } from "vitest";
import { browserTest, openConsole, startFrozen } from "./browser.fixture.js";

browserTest("a panel that cannot be drawn says so and can be shown again; the others stay live", async () => {
  const max = await startFrozen();
  const { page, complaints } = await openConsole(max, {
    setUp: (page) =>
      page.addInitScript(() => {
        const page = globalThis as unknown as { isBroken?: boolean };
        const { get } = Object.getOwnPropertyDescriptor(Intl.NumberFormat.prototype, "format")!;
        Object.defineProperty(Intl.NumberFormat.prototype, "format", {
          get() {
            const format = get!.call(this) as (value: number) => string;
            return (value: number) => {
              if (page.isBroken && value === 666.25) throw new RangeError("no such number");
              return format(value);
            };
          },
        });
        page.isBroken = true;
      }),
  });
  max.realtime.broadcastMarketUpdate({ sectorId: "tech-001", value: 666.25 });
  const sectors = page.locator("#sectors");
  await sectors.getByText("This part of the page has failed").waitFor();
  await page.locator(".notices").getByText("A part of this page has failed: no such number.").waitFor();
  expect(complaints).toEqual([expect.stringContaining("no such number")]);
  max.realtime.broadcastMarketUpdate({ indexValue: 4321.5 });
  await page.locator(".index-value").getByText("4,321.50").waitFor();

  await page.evaluate(() => ((globalThis as unknown as { isBroken: boolean }).isBroken = false));
  await sectors.getByRole("button", { name: "Show it again" }).click();
  await page.locator('[data-sector="tech-001"]').getByText("666.25").waitFor();
  await page.locator(".notices").getByRole("button", { name: "Dismiss" }).click();
  await page.locator(".notices").getByText("A part of this page").waitFor({ state: "detached" });
});
