import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "../loadtest.fixture.js";
import { OptionError } from "../core/errors.js";
import { LatencyHistogram } from "../core/histogram.js";
import { formatHistogramLog } from "../report/hlog.js";
import { readRuns } from "./read-runs.js";
import { RunLatencies, parseLatencyLog } from "./run-latencies.js";

function encode(...latencies: readonly number[]): string {
  const histogram = new LatencyHistogram();
  for (const latencyMs of latencies) histogram.record(latencyMs);
  return histogram.encode();
}

const merged = { connected: 1, deliveries: 1, utilisation: 0, rssBytes: 0, faults: 0, reports: 1 };

/** What a run of two generators writes. */
const log = formatHistogramLog(
  [
    { second: 3, latencies: [encode(1, 2), encode(3)], ...merged },
    { second: 4, latencies: [], ...merged },
    { second: 5, latencies: [encode(40)], ...merged },
  ],
  new Date(1_700_000_000_000),
);

test("a latency log gives back all latencies and each second of them", () => {
  const { all, seconds, measuredSeconds } = parseLatencyLog(log, "latency.hlog");
  expect(all.count).toBe(4);
  expect(all.percentileMs(100)).toBeCloseTo(40, 1);
  expect(seconds.map(({ second, classes }) => [second, [...classes.values()]])).toEqual([
    [3, [1, 1, 1]],
    [5, [1]],
  ]);
  expect(measuredSeconds).toBe(3);
});

test.each(["nonsense", "3.000,1.000,2.000,!!", "3.000,1.000,2.000,SGVsbG8="])("a line %j is named", (line) => {
  expect(() => parseLatencyLog(`${log}${line}\n`, "x.hlog")).toThrow(OptionError);
  expect(() => parseLatencyLog(`${log}${line}\n`, "x.hlog")).toThrow(/^x\.hlog: line 7 is not an interval/);
});

test("nothing measured is no run of a second", () => {
  expect(new RunLatencies().measuredSeconds).toBe(0);
});

test("a folder holds one run, or several in folders of their own", async () => {
  const folder = await makeFolder();
  for (const name of ["b", "a", "empty"]) mkdirSync(join(folder, name));
  for (const name of ["b", "a"]) {
    writeFileSync(join(folder, name, "summary.json"), JSON.stringify({ verdict: "PASS", seed: name }));
    writeFileSync(join(folder, name, "latency.hlog"), log);
  }
  expect(readRuns(join(folder, "b"), "old").runs).toMatchObject([{ summary: { seed: "b" } }]);
  expect(readRuns(folder, "old").runs).toMatchObject([{ summary: { seed: "a" } }, { summary: { seed: "b" } }]);
  for (const none of [join(folder, "empty"), join(folder, "nowhere"), join(folder, "a", "latency.hlog")])
    expect(() => readRuns(none, "old")).toThrow(/^Invalid old .*expected a folder with the reports of a load test/);
  writeFileSync(join(folder, "a", "summary.json"), "[]");
  expect(() => readRuns(folder, "old")).toThrow(/a\/summary\.json is not the summary of a load test/);
});
