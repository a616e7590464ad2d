/** What there is to look at: every view that the page links to, and what opens over or in one. */
import type { Page } from "playwright-core";

/** Something to look at, and how one gets there. */
export interface Scene {
  readonly name: string;
  open(page: Page): Promise<void>;
}

function atAddress(name: string, query: string): Scene {
  return {
    name,
    async open(page) {
      await page.goto(new URL(query, page.url()).href);
      await page.locator("html[data-feed=fresh]").waitFor();
    },
  };
}

const inTheMarket: readonly Scene[] = [
  atAddress("a chart", "/?sector=tech-001"),
  atAddress("a link to another market", "/?seed=7&scenario=calm"),
  {
    name: "the sheet of shortcuts",
    async open(page) {
      await page.goto(new URL("/", page.url()).href);
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
    },
  },
];

/** The page's views by its own links, so that none is forgotten. */
export async function viewsOf(page: Page): Promise<readonly Scene[]> {
  const links = await page.getByRole("navigation", { name: "Views" }).getByRole("link").all();
  return await Promise.all(
    links.map(async (link) => atAddress(`the view ${await link.innerText()}`, (await link.getAttribute("href")) ?? "")),
  );
}

export async function scenesOf(page: Page): Promise<readonly Scene[]> {
  return [...(await viewsOf(page)), ...inTheMarket];
}
