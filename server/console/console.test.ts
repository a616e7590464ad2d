/** The page as a whole: it loads under its policy, shows the market, and can be worked by keyboard. */
import { expect } from "vitest";
import { browserTest, openConsole, startFrozen } from "./browser.fixture.js";

browserTest("shows the market under a strict policy, and takes the token out of the address", async () => {
  const max = await startFrozen();
  const { page, complaints } = await openConsole(max);
  expect(page.url()).toBe(`${max.url}/`);
  expect(await page.evaluate(() => sessionStorage.getItem("max-token"))).toBe(max.token);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByText("Technology").first().waitFor();
  const policy = (await page.request.get(max.url)).headers()["content-security-policy"];
  expect(policy).not.toContain("unsafe");
  expect(complaints).toEqual([]);
});

browserTest("goes from view to view by key, by link and back", async () => {
  const { page } = await openConsole(await startFrozen());
  await page.keyboard.press("2");
  await page.locator("a[aria-current=page]", { hasText: "Agents" }).waitFor();
  expect(new URL(page.url()).search).toBe("?view=agents");
  await page.getByRole("link", { name: "Inspector" }).click();
  await page.locator("main.inspector").waitFor();
  await page.goBack();
  await page.locator("main.agents").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

browserTest("all of it weighs less than 120 KB compressed", async () => {
  const max = await startFrozen();
  const page = await (await fetch(max.url)).text();
  const paths = [...page.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)].map(([, path]) => path);
  expect(paths.length).toBeGreaterThanOrEqual(3);
  const sizes = await Promise.all(
    paths.map(async (path) => {
      const { headers } = await fetch(max.url + path, { headers: { "Accept-Encoding": "gzip" } });
      expect(headers.get("cache-control")).toContain("immutable");
      return Number(headers.get("content-length"));
    }),
  );
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(120_000);
});
