/** The page as a whole: it loads under its policy, shows the market, and can be worked by keyboard. */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { packageRoot } from "../../schemas/package-root.js";
import { browserTest, openConsole, searchOf, startFrozen } from "./browser.fixture.js";

browserTest("shows the market under a strict policy, and takes the token out of the address", async () => {
  const max = await startFrozen();
  const { page, complaints } = await openConsole(max);
  expect(page.url()).toBe(`${max.url}/`);
  expect(await page.evaluate(() => sessionStorage.getItem("max-token"))).toBe(max.token);
  await page.getByText("Live, paused").waitFor();
  await page.getByText("Technology").first().waitFor();
  const policy = (await page.request.get(max.url)).headers()["content-security-policy"];
  expect(policy).not.toContain("unsafe");
  expect(complaints).toEqual([]);
});

browserTest("goes from view to view by key, by link and back", async () => {
  const { page } = await openConsole(await startFrozen());
  await page.keyboard.press("2");
  await page.locator("a[aria-current=page]", { hasText: "Agents" }).waitFor();
  await expect.poll(() => searchOf(page)).toBe("?view=agents");
  await page.getByRole("link", { name: "Inspector" }).click();
  await page.locator("main.inspector").waitFor();
  await page.goBack();
  await page.locator("main.agents").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("all of it weighs less than 120 KB compressed, and may be kept for ever but for the page itself", async () => {
  const max = await startFrozen();
  const names = readdirSync(new URL("dist/server/console/console/", packageRoot));
  expect(names.length).toBeGreaterThanOrEqual(4);
  let bytes = 0;
  for (const path of ["/", ...names.map((name) => `/console/${name}`)]) {
    const { headers } = await fetch(max.url + path, { headers: { "Accept-Encoding": "gzip" } });
    expect(headers.get("content-encoding")).toBe("gzip");
    expect(headers.get("cache-control")).toContain(path === "/" ? "no-cache" : "immutable");
    bytes += Number(headers.get("content-length"));
  }
  expect(bytes).toBeLessThan(120_000);
});
