/** What there is to look at: every view that the page links to, and what opens over or in one. */
import type { Page } from "playwright-core";

/** Something to look at, and how one gets there from anywhere in the console. */
export interface Scene {
  readonly name: string;
  open(): Promise<void>;
}

/** The page's views by its own links, so that none is forgotten. */
export async function viewsOf(page: Page): Promise<readonly Scene[]> {
  const links = page.getByRole("navigation", { name: "Views" }).getByRole("link");
  return (await links.allInnerTexts()).map((title) => ({
    name: `the view ${title}`,
    async open() {
      await links.getByText(title, { exact: true }).click();
      await page.getByRole("main", { name: title }).waitFor();
    },
  }));
}

export async function scenesOf(page: Page): Promise<readonly Scene[]> {
  return [
    ...(await viewsOf(page)),
    {
      name: "a chart, below a link to another market",
      async open() {
        await page.goto(new URL("/?sector=tech-001&seed=7&scenario=calm", page.url()).href);
        await page.locator("html[data-feed=fresh]").waitFor();
        await page.locator(".link-notice").waitFor();
      },
    },
    {
      name: "the sheet of shortcuts",
      async open() {
        await page.keyboard.press("?");
        await page.getByRole("dialog").waitFor();
      },
    },
  ];
}
