/** Whether the load test itself can be believed: what it says of time, of itself, and of servers it does not know. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { attack, makeFolder, shortPlan, startServer } from "./loadtest.fixture.js";
import { nanosecondsToMs } from "./measure/monotonic.js";
import { startProxy } from "./proxy.fixture.js";

function spin(durationMs: number): void {
  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs) continue;
}

const noFaults = { lost: 0, duplicated: 0, reordered: 0, corrupted: 0, unexpected: 0 };

test("a server that stalls for 200 ms is that much late, from the intended instant", async () => {
  const max = await startServer();
  const run = attack(max, { durationMs: 1200 });
  await sleep(700);
  const { anchors, tick } = max.simulation.status();
  const anchor = anchors.at(-1);
  spin(200);
  const endMs = Number(process.hrtime.bigint()) / 1e6;
  const dueMs =
    nanosecondsToMs(anchor?.monotonicNs ?? "0") +
    ((tick + 1 - (anchor?.fromTick ?? 0)) * (anchor?.intervalNs ?? 0)) / 1e6;
  const { summary } = await run;
  const latenessMs = endMs - dueMs;
  expect(latenessMs).toBeGreaterThan(150);
  expect(summary.latencyMs.max).toBeGreaterThanOrEqual(latenessMs - 1);
  expect(summary.latenessMs.max).toBeGreaterThanOrEqual(latenessMs - 1);
  expect(summary.deliveries).toMatchObject(noFaults);
});

test("a generator that has no time left ends INVALID, not FAIL", async () => {
  const max = await startServer({ speed: 2 });
  const busy = setInterval(() => spin(60), 61);
  const { summary, exitCode } = await attack(max, { durationMs: 2500 }).finally(() => clearInterval(busy));
  expect(summary.deliveries).toMatchObject(noFaults);
  expect(summary.generator.evidence.join()).toMatch(/busy|not read/);
  expect([summary.verdict, exitCode]).toEqual(["INVALID", 3]);
});

test("a run in which nothing was due is INVALID, and its thresholds fail", async () => {
  const max = await startServer();
  await max.simulation.pause();
  const { summary } = await attack(max, { durationMs: 200, thresholds: ["latencyMs.p99<1000"] });
  expect(summary.verdict).toBe("INVALID");
  expect(summary.reasons.join()).toMatch(/expected nothing/);
  expect(summary.thresholds).toMatchObject([{ value: null, passed: false }]);
});

test("a subscriber that is cut off before its first event is a FAIL", async () => {
  const max = await startServer();
  const proxy = await startProxy(max.url);
  let cuts = 0;
  proxy.tamper = (event) => {
    if (event.index > 0 || event.connection > 0) return [event.text];
    cuts += 1;
    event.cut();
    return [];
  };
  const { summary } = await attack({ url: proxy.url, token: max.token });
  expect(cuts).toBe(1);
  expect(summary.verdict).toBe("FAIL");
  // Whether it had learned of its connection by then is chance.
  expect(summary.clients.dropped + summary.clients.refused).toBe(1);
});

test("without a token the subscribers are held against each other: clean is clean", async () => {
  const max = await startServer();
  const { summary } = await attack({ url: max.url, token: "" }, { durationMs: 600 });
  expect(summary.target).toMatchObject({ oracle: "learned" });
  expect(summary.deliveries).toMatchObject(noFaults);
  expect(summary.deliveries.received).toBeGreaterThan(1000);
});

test.each([
  ["lost", { lost: 1 }],
  ["duplicated", { duplicated: 1 }],
])("without a token one %s frame of one subscriber is still found", async (kind, counts) => {
  const max = await startServer();
  const proxy = await startProxy(max.url);
  proxy.tamper = ({ connection, index, text }) => {
    if (connection !== 3 || index !== 60) return [text];
    return kind === "lost" ? [] : [text, text];
  };
  const plan = { ...shortPlan, control: { websocket: 0, polling: 0 } };
  const { summary } = await attack({ url: proxy.url, token: "" }, { plan, durationMs: 600 });
  expect(summary.deliveries).toMatchObject({ ...noFaults, ...counts });
  expect(summary.verdict).toBe("FAIL");
});

test("an interrupted run writes what it has, and says so", async () => {
  const max = await startServer();
  const outDir = await makeFolder();
  const { summary, exitCode, reportFiles } = await attack(max, {
    outDir,
    durationMs: 60_000,
    signal: AbortSignal.timeout(800),
  });
  expect(exitCode).toBe(130);
  expect(summary.interrupted).toBe(true);
  expect(summary.deliveries).toMatchObject(noFaults);
  expect(summary.deliveries.received).toBeGreaterThan(0);
  expect((await readdir(outDir)).toSorted()).toEqual([
    "junit.xml",
    "latency.hlog",
    "report.html",
    "summary.json",
    "summary.md",
  ]);
  expect(reportFiles[0]).toMatch(/report\.html$/);
});

test("a seek during the run is named, and fails it", async () => {
  const max = await startServer();
  const run = attack(max, { durationMs: 2500 });
  await sleep(800);
  await max.simulation.seek(1);
  const { summary } = await run;
  expect(summary.verdict).toBe("FAIL");
  expect(summary.reasons.join()).toMatch(/another timeline/);
});

const compiled = fileURLToPath(new URL("../dist/loadtest/index.js", import.meta.url));

test.runIf(existsSync(compiled))("two generator processes give one account", async () => {
  const { runLoadtest } = (await import(compiled)) as typeof import("./index.js");
  const max = await startServer();
  const { summary } = await runLoadtest({
    url: max.url,
    token: max.token,
    plan: { ...shortPlan, clients: 41 },
    workers: 2,
    outDir: await makeFolder(),
    quiet: true,
    commandLine: "max loadtest",
  });
  expect(summary.clients).toMatchObject({ connected: 41, thin: 39, websocket: 1, polling: 1 });
  expect(summary.deliveries).toMatchObject(noFaults);
  expect(summary.generator.workers).toBe(2);
});
