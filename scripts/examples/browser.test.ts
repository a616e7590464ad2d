/** Example: a front end's page in a real browser, compared on a market that stands still. */
import { readFileSync } from "node:fs";
import { type RequestListener, createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { startMax } from "max-harness";
import type { Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
// In a project of your own: `test` of Vitest, and `chromium.launch()` of Playwright.
import { browserTest, theBrowser } from "../../server/console/browser.fixture.js";

const board = readFileSync(new URL("sector-board.html", import.meta.url));
const library = readFileSync(createRequire(import.meta.url).resolve("socket.io-client/dist/socket.io.js"));

/** The front end's own server, on an address of its own. */
async function serveBoard(): Promise<string> {
  const serve: RequestListener = ({ url }, response) => {
    const isLibrary = url === "/socket.io.js";
    response.setHeader("Content-Type", isLibrary ? "text/javascript" : "text/html");
    response.end(isLibrary ? library : board);
  };
  const site = createServer(serve);
  await new Promise<void>((resolve) => void site.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    site.closeAllConnections();
    site.close();
  });
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
}

async function openBoard(market: string): Promise<Page> {
  const page = await (await theBrowser()).newPage({ viewport: { width: 400, height: 450 } });
  onTestFinished(() => page.close());
  await page.goto(`${await serveBoard()}?market=${market}`);
  await page.getByText("live", { exact: true }).waitFor();
  return page;
}

async function readBoard(page: Page): Promise<string[]> {
  const rows = await page.getByRole("row").allInnerTexts();
  return rows.map((row) => row.replace("\t", " "));
}

const atFirst = [
  "Communication 1018.60",
  "Consumer Discretionary 1121.75",
  "Energy 876.90",
  "Financials 984.20",
  "Health Care 1067.40",
  "Industrials 1032.85",
  "Materials 892.15",
  "Real Estate 858.45",
  "Consumer Staples 943.30",
  "Technology 1250.50",
  "Utilities 815.05",
];

const aMinuteLater = [
  "Communication 1019.15",
  "Consumer Discretionary 1121.96",
  "Energy 876.38",
  "Financials 984.46",
  "Health Care 1067.35",
  "Industrials 1032.91",
  "Materials 892.56",
  "Real Estate 858.27",
  "Consumer Staples 943.45",
  "Technology 1250.89",
  "Utilities 815.00",
];

browserTest("the sector board shows the same values, to the pixel, in every run", async () => {
  const pictures: Buffer[][] = [];
  for (const _run of ["first", "second"]) {
    const max = await startMax({ port: 0, seed: "42", clock: "manual", store: ":memory:" });
    onTestFinished(() => max.close());
    const page = await openBoard(max.url);

    // Frozen: what the page shows now it shows until the test moves the market.
    expect(await readBoard(page)).toEqual(atFirst);
    const before = await page.screenshot();

    max.advance("1m");
    await expect.poll(() => readBoard(page)).toEqual(aMinuteLater);
    pictures.push([before, await page.screenshot()]);
  }
  const [first, second] = pictures;
  expect(second).toEqual(first);
  expect(first?.[1]).not.toEqual(first?.[0]);
});
