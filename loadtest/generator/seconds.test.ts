/** The seconds of a run: merged over the generators, and small, as a soak has thousands of them. */
import { expect, test } from "vitest";
import { LatencyHistogram } from "../core/histogram.js";
import type { SecondReport } from "./protocol.js";
import { Seconds, latencyOf } from "./seconds.js";

function reportOf(second: number, latencyMs: number): SecondReport {
  const latency = new LatencyHistogram();
  latency.record(latencyMs, 10);
  return {
    second,
    latency: latency.encode(),
    connected: 5,
    deliveries: 10,
    utilisation: 0.1,
    rssBytes: 1,
    faults: 0,
    evidence: [],
  };
}

test("a second is whole once every generator has reported it, and has the latencies of all", () => {
  const seconds = new Seconds(2);
  expect(seconds.merge(reportOf(0, 3))).toBeUndefined();
  const whole = seconds.merge({ ...reportOf(0, 7), faults: 1 });
  expect(whole).toMatchObject({ connected: 10, deliveries: 20, faults: 1, utilisation: 0.1 });
  expect(latencyOf(whole ?? { latencies: [] })).toMatchObject({ count: 20 });
  expect([...latencyOf(whole ?? { latencies: [] }).values()]).toEqual([
    [expect.closeTo(3, 1), 10],
    [expect.closeTo(7, 1), 10],
  ]);
});

test("a quarter of an hour takes less than 10 MB", () => {
  const seconds = new Seconds(1);
  const report = reportOf(0, 12);
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  for (let second = 0; second < 900; second += 1) seconds.merge({ ...report, second });
  const after = process.memoryUsage();
  expect(after.arrayBuffers - arrayBuffers + after.heapUsed - heapUsed).toBeLessThan(10_000_000);
  expect(seconds.list).toHaveLength(900);
});
