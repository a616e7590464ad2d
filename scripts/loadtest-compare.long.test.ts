/**
 * `max loadtest compare` of real runs, of one build and of one that is slower by a known time: what it finds, and that it
 * finds nothing where there is nothing.
 *
 * COMPARE_TESTS says how many comparisons there are of each kind, 4 where it is not set. Each takes a run of each build, of
 * which one has 36 seconds.
 */
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "../loadtest/loadtest.fixture.js";
import type { Comparison, Summary } from "../schemas/index.js";
import { openAbServers } from "./ab-servers.js";
import { runMaxCommand } from "./cli.fixture.js";
import { exitCodes } from "./cli-error.js";
import { lateCommand } from "./late-server.fixture.js";

const tests = Number(process.env["COMPARE_TESTS"] ?? 4);
/** To call 20 % takes as many runs of each side; a single one differs by more from process to process. */
const runsOfSide = 4;
const triesMax = 3;
const [baseLateMs, slowerByMs] = [20, 6];

const flags = ["--clients=500", "--duration=30s", "--no-rest", "--quiet"];

/** The folder of a run of a new process. One that could not be measured is repeated. */
async function measure(lateMs: number): Promise<string> {
  const parent = await makeFolder();
  const command = lateCommand(parent, lateMs, "--scenario fan-out");
  const source = openAbServers({ a: command, b: command, token: undefined, isTokenOptional: true });
  for (let run = 1; ; run += 1) {
    const { target, close } = await source.open("a", undefined);
    const out = join(parent, `run-${run}`);
    const to = ["--url", String(target.url), "--token", target.token!];
    const { code, stderr } = await runMaxCommand("loadtest", ...to, ...flags, "--out", out).finally(close);
    if (code === exitCodes.pass) return out;
    if (code !== exitCodes.invalid || run === triesMax) throw new Error(`${run} runs ended with ${code}: ${stderr}`);
  }
}

/** A folder of these runs. */
async function gather(runs: readonly string[]): Promise<string> {
  const side = await makeFolder();
  for (const [at, run] of runs.entries()) symlinkSync(run, join(side, String(at)));
  return side;
}

async function compare(old: readonly string[], changed: readonly string[]): Promise<Comparison> {
  const { stdout } = await runMaxCommand("loadtest", "compare", await gather(old), await gather(changed), "--json");
  const comparison = JSON.parse(stdout) as Comparison;
  process.stderr.write(`${comparison.conclusion}\n`);
  return comparison;
}

function medianOf(folder: string): number {
  return (JSON.parse(readFileSync(join(folder, "summary.json"), "utf8")) as Summary).latencyMs.p50!;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function describeAll(all: readonly Comparison[]): string {
  return all.map(({ conclusion }) => conclusion).join("\n");
}

test(
  `runs of one build show no difference, and those of one ${slowerByMs} ms slower are called that, in ${tests} comparisons`,
  { timeout: 200_000 * (tests + runsOfSide) },
  async () => {
    const base: string[] = [];
    const slower: string[] = [];
    for (let run = 0; run <= Math.max(tests, runsOfSide); run += 1) {
      base.push(await measure(baseLateMs));
      slower.push(await measure(baseLateMs + slowerByMs));
    }
    const of = (runs: readonly string[], from: number): string[] =>
      Array.from({ length: runsOfSide }, (_, at) => runs[(from + at) % runs.length]);
    const equal: Comparison[] = [];
    const different: Comparison[] = [];
    for (let at = 0; at < tests; at += 1) {
      equal.push(await compare([base[at]], [base[at + 1]]));
      different.push(await compare(of(base, at), of(slower, at)));
    }
    const oneInTwenty = Math.floor(tests / 20);
    const wrong = equal.filter(({ verdict }) => verdict !== "same");
    expect(wrong.length, describeAll(wrong)).toBeLessThanOrEqual(oneInTwenty);
    const baseMs = mean(base.map(medianOf));
    const ratio = (baseMs + slowerByMs) / baseMs;
    process.stderr.write(`p50 ${baseMs.toFixed(2)} ms, slower ${mean(slower.map(medianOf)).toFixed(2)} ms\n`);
    const missed = different.filter(({ verdict, percentiles: [median] }) => {
      const contains = median.ratioMin! <= ratio && ratio <= median.ratioMax!;
      return verdict !== "slower" || !contains;
    });
    expect(missed.length, `${ratio}: ${describeAll(missed)}`).toBeLessThanOrEqual(oneInTwenty);
  },
);
