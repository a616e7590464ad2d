/** `max loadtest compare` on the reports of runs, as a process. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { makeFolder } from "../loadtest/loadtest.fixture.js";
import { LatencyHistogram } from "../loadtest/core/histogram.js";
import { formatHistogramLog } from "../loadtest/report/hlog.js";
import { writeFiles } from "../loadtest/report/write.js";
import { findViolations, schemaFiles } from "../schemas/index.js";
import { exitCodes } from "./cli-error.js";
import { refusalOf, runMaxCommand } from "./cli.fixture.js";

const summary = schemaFiles["summary.schema.json"].examples[0];

/** The reports of a run in which each second has the same latencies. */
async function writeRun(parent: string, name: string, latencyMs: number, length: number): Promise<string> {
  const latency = new LatencyHistogram();
  for (const share of [1, 1.1, 1.2, 1.4]) latency.record(latencyMs * share, 100);
  const seconds = Array.from({ length }, (_, second) => ({
    second,
    latencies: [latency.encode()],
    connected: 1,
    deliveries: 400,
    utilisation: 0,
    rssBytes: 0,
    faults: 0,
    reports: 1,
  }));
  const outDir = join(parent, name);
  await writeFiles(
    { outDir },
    { "summary.json": JSON.stringify(summary), "latency.hlog": formatHistogramLog(seconds, new Date(0)) },
  );
  return outDir;
}

test("a build that is half as fast again is slower, in every format and by the exit code", async () => {
  const parent = await makeFolder();
  const old = await writeRun(parent, "old", 10, 30);
  const changed = await writeRun(parent, "new", 15, 30);
  const out = join(parent, "out");
  const run = await runMaxCommand("loadtest", "compare", old, changed, "--json", "--out", out);
  expect(run.code, run.stderr).toBe(exitCodes.failed);
  const comparison: unknown = JSON.parse(run.stdout);
  expect(findViolations("comparison.schema.json", comparison)).toEqual([]);
  expect(comparison).toMatchObject({ verdict: "slower", differences: [], reasons: [] });
  expect(readdirSync(out).sort()).toEqual(["comparison.html", "comparison.json", "comparison.md", "junit.xml"]);
  expect(JSON.parse(readFileSync(join(out, "comparison.json"), "utf8"))).toEqual(comparison);
  expect(readFileSync(join(out, "comparison.md"), "utf8")).toMatch(/\*\*Slower: p50 by \d+ to \d+ %, p90 by/);
});

test.each([
  ["no difference", 10, 30, exitCodes.pass, /^No difference beyond noise\.$/m],
  ["a faster one", 5, 30, exitCodes.pass, /^Faster: p50 by/m],
  ["too short a run", 15, 20, exitCodes.invalid, /^Inconclusive: the new side has measured 20 s; 30 s are needed/m],
])("%s has its sentence and its exit code", async (_name, latencyMs, seconds, code, sentence) => {
  const parent = await makeFolder();
  const old = await writeRun(parent, "old", 10, 30);
  const changed = await writeRun(parent, "new", latencyMs, seconds);
  const run = await runMaxCommand("loadtest", "compare", old, changed);
  expect(run.stdout).toMatch(sentence);
  expect(run.code, run.stderr).toBe(code);
});

test("in GitHub Actions the conclusion is an annotation, and the summary of the step has the tables", async () => {
  const parent = await makeFolder();
  const old = await writeRun(parent, "old", 10, 30);
  const changed = await writeRun(parent, "new", 15, 30);
  const stepSummary = join(parent, "step.md");
  vi.stubEnv("GITHUB_STEP_SUMMARY", stepSummary);
  onTestFinished(() => void vi.unstubAllEnvs());
  const run = await runMaxCommand("loadtest", "compare", old, changed, "--github");
  expect(run.stderr).toMatch(/^::error title=max loadtest compare::Slower: p50 by \d+ to \d+ %25/m);
  expect(readFileSync(stepSummary, "utf8")).toMatch(/^## Load test, compared$/m);
});

test("a folder without reports is named, and what is expected", async () => {
  const parent = await makeFolder();
  const { exitCode, message } = await refusalOf("loadtest", "compare", parent, parent);
  expect(exitCode).toBe(exitCodes.usage);
  expect(message).toMatch(/^Invalid .*old .*: expected a folder with the reports of a load test/);
});
