/** What the pages tell people to type works: each command runs, and each piece of code or data is a tested one. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageRoot } from "../schemas/package-root.js";
import { type Max, startMax } from "../server/main.js";
import { exitCodes } from "./cli-error.js";
import { refusalOf, runMaxCommand, startMaxCommand } from "./cli.fixture.js";
import {
  type Block,
  adapt,
  blocks,
  commands,
  isAb,
  isComparison,
  locate,
  readSpans,
  resolve,
  scripts,
  splitWords,
  verdicts,
} from "./docs.fixture.js";

/** What the commands that name an address are given. */
let max: Max;
beforeAll(async () => {
  max = await startMax({ port: 0, store: ":memory:", speed: 4 });
});
afterAll(() => max.close());

async function runDemo(flags: readonly string[]): Promise<void> {
  const port = flags.indexOf("--port");
  const kept = (port < 0 ? flags : flags.toSpliced(port, 2)).map(locate);
  const demo = startMaxCommand("demo", ...kept, "--port", "0");
  await demo.wrote("A market is running");
  demo.child.kill("SIGINT");
  expect((await demo.ended).code).toBe(0);
}

/** All flags are right where the next that is missed is the first folder. */
async function expectFoldersMissed(words: readonly string[]): Promise<void> {
  const { exitCode, message } = await refusalOf(...words);
  expect(message).toMatch(/expected a folder with the reports of a load test/);
  expect(exitCode).toBe(exitCodes.usage);
}

/** All flags and files are right where the next that is missed is the server. */
async function expectUnderstood(words: readonly string[]): Promise<void> {
  const out = await mkdtemp(join(tmpdir(), "max-docs-"));
  const nowhere = "http://127.0.0.1:1";
  const [subcommand = "", ...flags] = isAb(words) ? words.with(2, nowhere).with(3, nowhere) : words;
  const own = isAb(words) ? ["--out", out] : ["--url", nowhere, "--out", out];
  const kept = flags.filter((flag, at) => !own.includes(flag) && !own.includes(flags[at - 1] ?? "")).map(locate);
  const { exitCode, message } = await refusalOf(subcommand, ...kept, ...own);
  await rm(out, { recursive: true });
  expect(exitCode, message).toBe(exitCodes.targetUnreachable);
}

test.concurrent.each(commands)("%s: %s", async (_page, line) => {
  const action = resolve(splitWords(line));
  // What npm itself does is what brought this test here, and what .ci/run does on a clean machine.
  if ("script" in action) return;
  if (action.max[0] === "demo" && !action.max.includes("--help")) return runDemo(action.max.slice(1));
  if (isComparison(action.max)) return expectFoldersMissed(action.max);
  // Those with flags go only as far as the server: docs.long.test.ts runs them.
  if (action.max[0] === "loadtest" && action.max.length > 1) return expectUnderstood(action.max);
  const { code, stdout, stderr } = await runMaxCommand(...adapt(max, action.max));
  expect(verdicts[action.max[0] ?? ""] ?? [0], stdout + stderr).toContain(code);
});

const pages = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"];

test.each(pages)("%s: every file and every script that it names is there", (page) => {
  const spans = readSpans(page);
  const files = spans.filter((span) => /^(?:schemas|simulator|server|loadtest|scripts)\/[\w./-]*$/.test(span));
  // NAME stands for the reader's own.
  const named = files.filter((file) => !file.includes("NAME"));
  expect(named.filter((file) => !existsSync(new URL(file, packageRoot)))).toEqual([]);
  const asked = spans.flatMap((span) => /^npm run ([\w:-]+)/.exec(span)?.[1] ?? []);
  expect(asked.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
});

const tested = [
  "scripts/examples/frozen-market.test.ts",
  "scripts/examples/browser.test.ts",
  "scripts/examples/loadtest.test.ts",
  "scripts/examples/contract.test.ts",
  "scripts/examples/contract-server.test.ts",
  "scripts/examples/test_contract.py",
  "scripts/examples/supply-shock.scenario.json",
  "scripts/examples/lunch-rush.plan.json",
  "scripts/examples/max.config.json",
  "scripts/examples/watch.mjs",
].map((path) => readFileSync(new URL(path, packageRoot), "utf8").replaceAll(/\s+/g, " "));

const code = blocks.filter(({ language }) => ["js", "ts", "json", "python"].includes(language));

/** Paragraphs of a block, without what only a page needs: addresses are the reader's. */
const paragraphs = ({ text }: Block) =>
  text.split(/\n\s*\n|^.*\.\.\.$/m).map((part) => part.replaceAll(/\s+/g, " ").trim());

test.each(code)("$page, line $line: this $language is part of an example that runs", (block) => {
  const foreign = paragraphs(block).filter((part) => part !== "" && !tested.some((text) => text.includes(part)));
  expect(foreign).toEqual([]);
});
