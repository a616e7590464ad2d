/**
 * A real Chromium for the console's tests: one browser for each test file, one server and one page for each test.
 *
 * Where no Chromium is, the tests are skipped and the reason is printed; in CI they fail.
 */
import { type Browser, type BrowserContextOptions, type Page, chromium } from "playwright-core";
import { onTestFinished, test } from "vitest";
import { chromiumFlags, findChromium } from "../../scripts/bench/chromium.js";
import { isSkippedWithout } from "../../schemas/requirement.fixture.js";
import { type Max, type StartOptions, startMax } from "../main.js";

const { path: executablePath, absence } = findChromium({ withTabs: false });
if (executablePath === undefined) process.stderr.write(`  skipped in the browser: ${absence}\n`);

/** `test`, where there is a browser. */
export const browserTest: typeof test.skip = isSkippedWithout(executablePath !== undefined) ? test.skip : test;

/** What a page is opened with, besides what Playwright takes. */
export interface OpenOptions extends BrowserContextOptions {
  /** Path and query. @default "/" */
  readonly path?: string;
  /** Whether the address carries the control token. @default true */
  readonly withToken?: boolean;
  /** Runs before the page is loaded: to stand between it and the network. */
  readonly setUp?: (page: Page) => Promise<unknown>;
}

/** A page on a server. */
export interface Opened {
  readonly max: Max;
  readonly page: Page;
  /** What the page threw, and what broke its Content-Security-Policy: empty where all is well. */
  readonly complaints: readonly string[];
}

let browser: Promise<Browser> | undefined;

/** The worker's browser, launched when first asked for; it ends with the worker. */
export function theBrowser(): Promise<Browser> {
  return (browser ??= chromium.launch({ executablePath, args: [...chromiumFlags] }));
}

/** A market that stands still until `max.advance`; closed after the test. */
export async function startFrozen(options: StartOptions = {}): Promise<Max> {
  const max = await startMax({ port: 0, seed: "42", clock: "manual", ...options });
  onTestFinished(() => max.close());
  return max;
}

/** Opens the console of a server and waits until it has fetched the market. Desktop size, unless told otherwise. */
export async function openConsole(max: Max, options: OpenOptions = {}): Promise<Opened> {
  const { path = "/", withToken = true, setUp, ...contextOptions } = options;
  const context = await (
    await theBrowser()
  ).newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
    ...contextOptions,
  });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
  });
  await setUp?.(page);
  const address = new URL(path, max.url);
  if (withToken) address.searchParams.set("token", max.token);
  await page.goto(address.href);
  await page.locator("html[data-feed=fresh]").waitFor();
  return { max, page, complaints };
}

/** The query of the page's address as the page has it: `page.url()` lags behind. */
export function searchOf(page: Page): Promise<string> {
  return page.evaluate(() => location.search);
}

/** What the server answers. On a connection of its own: a server that was advanced for seconds has dropped idle ones. */
export async function readJson<Body>(max: Max, path: string): Promise<Body> {
  return (await (await fetch(max.url + path, { headers: { Connection: "close" } })).json()) as Body;
}

/** Sends a body as whoever reaches the port, or with the control token. */
export async function send(max: Max, method: "POST" | "PATCH", path: string, body: unknown): Promise<void> {
  const response = await fetch(max.url + path, {
    method,
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${max.token}`, Connection: "close" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
}
