/**
 * `npm run screenshots`: the pictures in the README. The console's show a market that is paused at the same instant
 * each time, the report's and the live page's a real run of the default plan.
 */
import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { type Browser, type Page, type PageScreenshotOptions, chromium } from "playwright-core";
import { startMax } from "../../server/main.js";
import { packageRoot } from "../../schemas/package-root.js";
import { chromiumFlags, findChromium } from "../bench/chromium.js";

const root = fileURLToPath(packageRoot);
const consoleFolder = "server/console/screenshots";
const reportFolder = "loadtest/report/screenshots";
const { path: executablePath, absence } = findChromium({ withTabs: false });
const desktop = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

const pictures = [
  { name: "market-light", viewport: desktop, colorScheme: "light", path: "/", ready: ".tile .line" },
  { name: "chart-dark", viewport: desktop, colorScheme: "dark", path: "/?sector=energy-001", ready: "[data-bars]" },
  { name: "market-phone", viewport: phone, colorScheme: "dark", path: "/", ready: ".tile .line" },
] as const;

if (executablePath === undefined) {
  process.stderr.write(`No pictures without a browser: ${absence}\n`);
  process.exit(5);
}

async function takeConsole(browser: Browser): Promise<void> {
  const max = await startMax({ port: 0, seed: "42", clock: "manual" });
  max.advance("45m");
  try {
    for (const { name, path, ready, ...context } of pictures) {
      const page = await browser.newPage({ ...context, reducedMotion: "reduce" });
      const address = new URL(path, max.url);
      address.searchParams.set("token", max.token);
      await page.goto(address.href);
      await page.locator("html[data-feed=fresh]").waitFor();
      await page.locator(ready).first().waitFor();
      await page.locator(".timeline-next").getByText("Health Care").waitFor();
      await take(page, `${consoleFolder}/${name}.png`);
      await page.close();
    }
  } finally {
    await max.close();
  }
}

async function takeReport(browser: Browser): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "max-report-"));
  try {
    const args = ["dist/bin/max.js", "loadtest", "--quiet", "--out", folder];
    await promisify(execFile)(process.execPath, args, { cwd: root });
    const page = await browser.newPage({ viewport: { width: 1000, height: 800 }, colorScheme: "light" });
    await page.goto(pathToFileURL(join(folder, "report.html")).href);
    const latency = await page
      .locator("section", { has: page.getByRole("heading", { name: "Latency" }) })
      .boundingBox();
    if (latency === null) throw new Error("the report has no section Latency");
    const { y, height } = latency;
    await take(page, `${reportFolder}/verdict.png`, { x: 0, y: 0, width: 1000, height: y });
    await take(page, `${reportFolder}/latency.png`, { x: 0, y, width: 1000, height });
    await page.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The live page, halfway through a run of the default plan. */
async function takeLive(browser: Browser): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "max-report-"));
  const args = ["dist/bin/max.js", "loadtest", "--no-config", "--live", "--out", folder];
  const run = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  try {
    let written = "";
    for await (const text of run.stderr.setEncoding("utf8")) {
      written += String(text);
      if (written.includes(" hold: ")) break;
    }
    const page = await browser.newPage({ viewport: { width: 1000, height: 800 }, colorScheme: "dark" });
    await page.goto(/Live page: (\S+)/.exec(written)![1]!);
    const rates = page.locator("section", { has: page.getByRole("heading", { name: "Rates and connections" }) });
    await rates.waitFor();
    await page.getByText(/^hold, 1\d s/).waitFor();
    const box = await rates.boundingBox();
    await take(page, `${reportFolder}/live.png`, { x: 0, y: 0, width: 1000, height: box!.y });
    await page.close();
  } finally {
    run.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
}

/** Takes what is in view, or a part of the whole page. */
async function take(page: Page, path: string, clip?: PageScreenshotOptions["clip"]): Promise<void> {
  await mkdir(join(root, path, ".."), { recursive: true });
  await page.screenshot({ path: join(root, path), ...(clip && { clip, fullPage: true }) });
  process.stdout.write(`${path}\n`);
}

const browser = await chromium.launch({ executablePath, args: [...chromiumFlags] });
try {
  await takeConsole(browser);
  await takeReport(browser);
  await takeLive(browser);
} finally {
  await browser.close();
}
