/** Browsers that keep nothing for a page: site data is blocked, full, or not there at all. */
import { expect } from "vitest";
import { browserTest, openConsole, startFrozen } from "./browser.fixture.js";

const breakages: readonly (readonly [name: string, breakStorage: () => void])[] = [
  [
    "blocked",
    () => {
      for (const name of ["localStorage", "sessionStorage"]) {
        Object.defineProperty(globalThis, name, {
          get() {
            throw new DOMException("Access is denied for this document.", "SecurityError");
          },
        });
      }
    },
  ],
  [
    "full",
    () => {
      Storage.prototype.setItem = () => {
        throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
      };
    },
  ],
  [
    "not there",
    () => {
      for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(globalThis, name, { value: null });
    },
  ],
];

browserTest.each(breakages)("the page works where site data is %s, until it is left", async (_name, breakStorage) => {
  const max = await startFrozen();
  const { page, complaints } = await openConsole(max, {
    path: "/?view=discussions",
    setUp: (page) => page.addInitScript(breakStorage),
  });
  expect(new URL(page.url()).searchParams.has("token")).toBe(false);
  await page.getByRole("button", { name: "Step one tick" }).click();
  await page.getByText("tick 1", { exact: true }).waitFor();
  await page.keyboard.press("t");
  await page.locator("html[data-theme=dark]").waitFor();
  await page.getByLabel("Your name").fill("Rosa");
  for (const text of ["First.", "Second."]) {
    await page.getByLabel("Message", { exact: true }).fill(text);
    await page.getByLabel("Message", { exact: true }).press("Enter");
    await page.getByRole("log").getByText(text).waitFor();
  }
  const authors = page.getByRole("log").locator(".message-head b").filter({ hasText: "Rosa" });
  expect(new Set(await authors.evaluateAll((all) => all.map((author) => author.getAttribute("title")))).size).toBe(1);
  expect(complaints).toEqual([]);
});
