/** Whether the load test itself can be believed: what it says of time, of itself, and of servers it does not know. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { expect } from "vitest";
import type { Max } from "../../server/main.js";
import { parseScenario, shippedScenarios } from "../../simulator/index.js";
import {
  attack,
  expectNoFaults,
  makeFolder,
  noFaults,
  onHold,
  shortPlan,
  startServer,
  test,
  ticksPass,
  verdictOnServer,
} from "../loadtest.fixture.js";
import { monotonicMs, nanosecondsToMs } from "../core/monotonic.js";
import { type Tamper, startProxy } from "../proxy.fixture.js";
import { packageRoot } from "../../schemas/package-root.js";
import { isSkippedWithout } from "../../schemas/requirement.fixture.js";

function spin(durationMs: number): void {
  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs) continue;
}

/** When the next tick is due that is not due yet, on the monotonic clock. */
function nextTickMs({ simulation }: Max): number {
  const anchor = simulation.status().anchors.at(-1);
  if (anchor === undefined) throw new Error("the server has not begun");
  const originMs = nanosecondsToMs(anchor.monotonicNs);
  const intervalMs = anchor.intervalNs / 1e6;
  return originMs + Math.ceil((monotonicMs() - originMs) / intervalMs) * intervalMs;
}

test("a server that stalls for 200 ms is that much late, from the intended instant", async ({ max, skip }) => {
  let latenessMs = 0;
  const stall = () => {
    const dueMs = nextTickMs(max);
    spin(200);
    latenessMs = monotonicMs() - dueMs;
  };
  const { summary } = await attack(max, { durationMs: 500, ...onHold(stall) });
  skip(summary.server.slips > 0, "not measured: the machine took the process away, and the server began to count anew");
  expect(latenessMs).toBeGreaterThan(150);
  expect(summary.latencyMs.max).toBeGreaterThanOrEqual(latenessMs - 1);
  expect(summary.latenessMs.max).toBeGreaterThanOrEqual(latenessMs - 1);
  expectNoFaults(summary);
});

test("a generator that has no time left ends INVALID, not FAIL", async () => {
  const max = await startServer({ speed: 2 });
  const busy = setInterval(() => spin(60), 61);
  const { summary } = await attack(max, { durationMs: 2500 }).finally(() => clearInterval(busy));
  expectNoFaults(summary);
  expect(summary.generator.evidence.join()).toMatch(/busy|not read/);
  expect(summary.verdict).toBe("INVALID");
});

test("a run in which nothing was due is INVALID, and its thresholds fail", async () => {
  const max = await startServer();
  await max.simulation.pause();
  const { summary } = await attack(max, { durationMs: 200, thresholds: ["latencyMs.p99<1000"] });
  expect(summary.verdict).toBe("INVALID");
  expect(summary.reasons.join()).toMatch(/expected nothing/);
  expect(summary.thresholds).toMatchObject([{ value: null, passed: false }]);
});

test("a subscriber that is cut off before its first event is a FAIL", async ({ max, skip }) => {
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
  // Whether it had learned of its connection by then is chance.
  expect(summary.clients.dropped + summary.clients.refused).toBe(1);
  // One who was refused is a FAIL on any machine; losses are none of the server's where the generator was starved.
  expect(summary.clients.refused > 0 ? summary.verdict : verdictOnServer(skip, summary)).toBe("FAIL");
});

test("without a token the subscribers are held against each other: clean is clean", async ({ max }) => {
  const { summary } = await attack({ url: max.url }, { durationMs: 600 });
  expect(summary.target).toMatchObject({ oracle: "learned" });
  expectNoFaults(summary);
  expect(summary.deliveries.received).toBeGreaterThan(1000);
});

test("a scenario of one's own is regenerated when it is given, and its absence is said without a token", async () => {
  const mine = parseScenario({ ...shippedScenarios.get("calm"), name: "mine", title: "My own" });
  const max = await startServer({ scenario: mine });
  const given = await attack(max, { scenario: mine, durationMs: 300 });
  expect(given.summary.target).toMatchObject({ oracle: "regenerated", oracleReason: null });
  expect(given.summary.scenario).toBe("mine");
  expectNoFaults(given.summary);
  const absent = await attack({ url: max.url }, { durationMs: 300 });
  const reason = 'the server\'s scenario "mine" is not a shipped one; give its file with the option scenario';
  expect(absent.summary.target).toMatchObject({ oracle: "learned", oracleReason: reason });
});

test.for([
  ["lost", 0, { lost: 1 }],
  ["lost", 3, { lost: 1 }],
  ["duplicated", 0, { duplicated: 1 }],
  ["duplicated", 3, { duplicated: 1 }],
] as const)(
  "without a token one %s frame of subscriber %i is still found",
  async ([kind, hit, counts], { max, skip }) => {
    const proxy = await startProxy(max.url);
    const tamper: Tamper = ({ connection, index, text }) => {
      if (connection !== hit || index !== 60) return [text];
      return kind === "lost" ? [] : [text, text];
    };
    const plan = { ...shortPlan, control: { websocket: 0, polling: 0 } };
    const begin = onHold(() => (proxy.tamper = tamper));
    const { summary } = await attack({ url: proxy.url }, { plan, durationMs: 600, ...begin });
    expect(summary.deliveries).toMatchObject({ ...noFaults, ...counts });
    expect(kind === "lost" ? verdictOnServer(skip, summary) : summary.verdict).toBe("FAIL");
  },
);

test("without a token those who were cut off have no vote on what came afterwards", async ({ max }) => {
  const proxy = await startProxy(max.url);
  const tamper: Tamper = (event) => {
    if (event.connection < 6 && event.index === 60) event.cut();
    return [event.text];
  };
  const plan = { ...shortPlan, control: { websocket: 0, polling: 0 } };
  const begin = onHold(() => (proxy.tamper = tamper));
  const { summary } = await attack({ url: proxy.url }, { plan, durationMs: 600, ...begin });
  expect(summary.clients.dropped).toBe(6);
  expect(summary.deliveries).toMatchObject({ ...noFaults, lost: expect.any(Number) });
  expect(summary.deliveries.lost).toBeGreaterThan(0);
});

test("what a slow reader skips is conflated, and messages that overtake it are in order", async () => {
  const slow = { softBacklogBytesMax: 0, hardBacklogBytesMax: 0, slowMsMax: 0, pongLagMsMax: 100, pollIntervalMs: 0 };
  const max = await startServer({ slow, limits: { pingIntervalMs: 100 } });
  const slowReaders = { share: 1, pauseMs: 700, everyMs: 1000 };
  const plan = { ...shortPlan, control: { websocket: 0, polling: 0 }, slowReaders };
  const { summary } = await attack(max, { plan, durationMs: 2500 });
  expectNoFaults({ ...summary, deliveries: { ...summary.deliveries, conflated: 0 } });
  expect(summary.deliveries.conflated).toBeGreaterThan(0);
});

test("an interrupted run writes what it has, and says so", async ({ max }) => {
  const outDir = await makeFolder();
  const controller = new AbortController();
  const { summary, writeReports } = await attack(max, {
    outDir,
    durationMs: 60_000,
    signal: controller.signal,
    ...onHold(() => void ticksPass(max, 5).then(() => controller.abort())),
  });
  expect(summary.interrupted).toBe(true);
  expect(summary.verdict).not.toBe("PASS");
  expect(summary.reasons.join("\n")).toMatch(/^interrupted after [\d.]+ s of 60 s/m);
  expectNoFaults(summary);
  expect(summary.deliveries.received).toBeGreaterThan(0);
  const [page] = await writeReports();
  expect((await readdir(outDir)).toSorted()).toEqual([
    "junit.xml",
    "latency.hlog",
    "report.html",
    "summary.json",
    "summary.md",
  ]);
  expect(page).toMatch(/report\.html$/);
});

test.each([
  ["back", 1, /another timeline/],
  ["ahead", 1000, /moved ahead/],
])("a seek %s during the run is named, and fails it", async (_, tick, named) => {
  const max = await startServer();
  const { summary } = await attack(max, { durationMs: 3000, ...onHold(() => void max.simulation.seek(tick)) });
  expect(summary.verdict).not.toBe("PASS");
  expect(summary.reasons.join()).toMatch(named);
});

test("two generator processes give one account", async ({ max, skip }) => {
  const bundle = new URL("dist/bin/generator-process.js", packageRoot);
  skip(isSkippedWithout(existsSync(bundle)), "npm run build makes the generator process");
  const { summary } = await attack(max, { plan: { ...shortPlan, clients: 41 }, workers: 2 });
  expect(summary.clients).toMatchObject({ connected: 41, thin: 39, websocket: 1, polling: 1 });
  expectNoFaults(summary);
  expect(summary.generator.workers).toBe(2);
});
