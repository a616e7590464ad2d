/** What the pages tell people to type works: each command runs, and each piece of code or data is a tested one. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageRoot } from "../server/core/package-root.js";
import { type Max, startMax } from "../server/main.js";
import { exitCodes } from "./cli-error.js";
import { refusalOf, runMaxCommand, startMaxCommand } from "./cli.fixture.js";
import { type Block, readBlocks, readSpans, splitWords } from "./docs.fixture.js";
import { isLongRun } from "../schemas/long-run.fixture.js";

const blocks = ["README.md", "CONTRIBUTING.md"].flatMap(readBlocks);
const { scripts } = JSON.parse(readFileSync(new URL("package.json", packageRoot), "utf8")) as {
  scripts: Record<string, string>;
};

/** Arguments of `max` where a line of the pages comes down to that, else what npm is asked to run. */
function resolve(words: readonly string[]): { max: string[] } | { script: string } {
  const [tool = "", verb = "", ...rest] = words;
  if (tool === "npx" && verb === "max") return { max: rest };
  expect(tool, `no page may ask for more than npm: ${words.join(" ")}`).toBe("npm");
  const script = verb === "run" ? (rest.shift() ?? "") : verb;
  if (["ci", "install"].includes(script)) return { script };
  expect(Object.keys(scripts)).toContain(script);
  const [, subcommand] = /^node dist\/scripts\/max\.js (\w+)/.exec(scripts[script] ?? "") ?? [];
  return subcommand === undefined ? { script } : { max: [subcommand, ...rest.filter((word) => word !== "--")] };
}

/** What makes a run short, for the subcommands that take their time. */
const short: Record<string, Record<string, string>> = {
  loadtest: { "--clients": "20", "--duration": "1s", "--warmup": "200ms", "--workers": "0" },
  contract: { "--for": "5s" },
};

/** Whether so short a run passes, and whether this machine is fit for a big one, is for other tests to say. */
const verdicts: Record<string, number[]> = { loadtest: [0, 1, 3], doctor: [0, 1] };

/** What the commands that name an address are given. */
let max: Max;
beforeAll(async () => {
  max = await startMax({ port: 0, store: ":memory:", speed: 4 });
});
afterAll(() => max.close());

/** The same command on a short run, with this server in place of the one on the page, and files where they lie. */
function adapt([subcommand = "", ...flags]: readonly string[]): string[] {
  const brief = short[subcommand] ?? {};
  const own: Record<string, string> = { "--url": max.url, "--token": max.token, ...brief };
  const kept = flags.map((flag, at) => own[flags[at - 1] ?? ""] ?? locate(flag));
  return [subcommand, ...kept, ...Object.entries(brief).flatMap((pair) => (flags.includes(pair[0]) ? [] : pair))];
}

function locate(word: string): string {
  return /^scripts\/.*\.json$/.test(word) ? fileURLToPath(new URL(word, packageRoot)) : word;
}

async function runDemo(flags: readonly string[]): Promise<void> {
  const port = flags.indexOf("--port");
  const kept = (port < 0 ? flags : flags.toSpliced(port, 2)).map(locate);
  const demo = startMaxCommand("demo", ...kept, "--port", "0");
  await demo.wrote("A market is running");
  demo.child.kill("SIGINT");
  expect((await demo.ended).code).toBe(0);
}

/** All flags and files are right where the next that is missed is the server. */
async function expectUnderstood([subcommand = "", ...flags]: readonly string[]): Promise<void> {
  const out = await mkdtemp(join(tmpdir(), "max-docs-"));
  const own = ["--url", "http://127.0.0.1:1", "--out", out];
  const kept = flags.filter((flag, at) => !own.includes(flag) && !own.includes(flags[at - 1] ?? "")).map(locate);
  const { exitCode, message } = await refusalOf(subcommand, ...kept, ...own);
  await rm(out, { recursive: true });
  expect(exitCode, message).toBe(exitCodes.targetUnreachable);
}

const commands = blocks
  .filter(({ language }) => language === "sh")
  .flatMap(({ page, text }) => text.split("\n").map((line) => [page, line] as const))
  .filter(([, line]) => splitWords(line).length > 0);

test.concurrent.each(commands)("%s: %s", async (_page, line) => {
  const action = resolve(splitWords(line));
  // What npm itself does is what brought this test here, and what .ci/run does on a clean machine.
  if ("script" in action) return;
  if (action.max[0] === "demo" && !action.max.includes("--help")) return runDemo(action.max.slice(1));
  // The long run runs each load test that the pages show; otherwise those with flags go only as far as the server.
  if (action.max[0] === "loadtest" && action.max.length > 1 && !isLongRun) return expectUnderstood(action.max);
  const { code, stdout, stderr } = await runMaxCommand(...adapt(action.max));
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
  "scripts/examples/contract.test.ts",
  "scripts/examples/supply-shock.scenario.json",
  "scripts/examples/lunch-rush.plan.json",
  "scripts/examples/watch.mjs",
].map((path) => readFileSync(new URL(path, packageRoot), "utf8").replaceAll(/\s+/g, " "));

const code = blocks.filter(({ language }) => ["js", "ts", "json"].includes(language));

/** Paragraphs of a block, without what only a page needs: addresses are the reader's. */
const paragraphs = ({ text }: Block) =>
  text.split(/\n\s*\n|^.*\.\.\.$/m).map((part) => part.replaceAll(/\s+/g, " ").trim());

test.each(code)("$page, line $line: this $language is part of an example that runs", (block) => {
  const foreign = paragraphs(block).filter((part) => part !== "" && !tested.some((text) => text.includes(part)));
  expect(foreign).toEqual([]);
});
