import { expect, test } from "vitest";
import { noChromium } from "./chromium.js";
import { run } from "./console.js";
import { isLongRun } from "../../schemas/long-run.fixture.js";

if (noChromium !== undefined) process.stdout.write(`  the console benchmark is skipped: ${noChromium}\n`);

// Forty seconds of processor time for what only who measures the console runs: a matter of the long run.

test.skipIf(!isLongRun || (noChromium !== undefined && process.env["CI"] === undefined))(
  "the console benchmark runs: views draw, a hidden tab comes back, and the page shows what the server has",
  async () => {
    const { lines, hash } = await run("tiny");
    expect(lines.filter((line) => /events\/s, \d+ frames\/s here, a frame takes p50 \d/.test(line))).toHaveLength(2);
    expect(lines.some((line) => /then shown: the present in frame [12],/.test(line))).toBe(true);
    expect(lines.some((line) => /^memory over \d+\.\d+ simulated hours/.test(line))).toBe(true);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  },
  120_000,
);
