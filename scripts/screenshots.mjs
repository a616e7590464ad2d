/**
 * `npm run screenshots`: the console's pictures in the README, of a market that stands still at the same instant each time.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { startMax } from "../dist/server/main.js";

const folder = fileURLToPath(new URL("../server/console/screenshots/", import.meta.url));
const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const desktop = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

const pictures = [
  { name: "market-light", viewport: desktop, colorScheme: "light", path: "/", ready: ".tile .line" },
  { name: "chart-dark", viewport: desktop, colorScheme: "dark", path: "/?sector=energy-001", ready: "[data-bars]" },
  { name: "market-phone", viewport: phone, colorScheme: "dark", path: "/", ready: ".tile .line" },
];

if (!existsSync(executablePath)) {
  process.stderr.write(`No Chromium at ${executablePath}: apt-get install chromium, or CHROMIUM=path.\n`);
  process.exit(5);
}
await mkdir(folder, { recursive: true });
const max = await startMax({ port: 0, seed: "42", clock: "manual" });
max.advance("45m");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-background-networking"] });
try {
  for (const { name, path, ready, ...context } of pictures) {
    const page = await browser.newPage({ ...context, reducedMotion: "reduce" });
    const address = new URL(path, max.url);
    address.searchParams.set("token", max.token);
    await page.goto(address.href);
    await page.locator("html[data-feed=fresh]").waitFor();
    await page.locator(ready).first().waitFor();
    await page.locator(".timeline-next").getByText("Health Care").waitFor();
    await page.screenshot({ path: `${folder}${name}.png` });
    await page.close();
    process.stdout.write(`server/console/screenshots/${name}.png\n`);
  }
} finally {
  await browser.close();
  await max.close();
}
