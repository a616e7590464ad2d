/** The console's benchmark in its tiny size: forty seconds of processor time. */
import { expect, test } from "vitest";
import { findChromium } from "./chromium.js";
import { run as runConsole } from "./console.js";

const { path, absence } = findChromium({ withTabs: true });
if (path === undefined) process.stdout.write(`  the console benchmark is skipped: ${absence}\n`);

test.skipIf(path === undefined && process.env["CI"] === undefined)(
  "in the console benchmark views draw, a hidden tab comes back, and the page shows what the server has",
  async () => {
    const { lines, hash } = await runConsole("tiny");
    expect(lines.filter((line) => /events\/s, \d+ frames\/s here, a frame takes p50 \d/.test(line))).toHaveLength(2);
    expect(lines.some((line) => /then shown: the present in frame [12],/.test(line))).toBe(true);
    expect(lines.some((line) => /^memory over \d+\.\d+ simulated hours/.test(line))).toBe(true);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  },
  120_000,
);
