/** A server with a fast market in this process, and a short load test against it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, TestRunner, test as base, expect, onTestFinished, vi } from "vitest";
import type { Plan, Summary } from "../schemas/index.js";
import { type Max, type StartOptions, startMax } from "../server/main.js";
import {
  type LoadtestOptions,
  type LoadtestResult,
  type LoadtestServer,
  prepareLoadtest,
  runPrepared,
} from "./index.js";

/** A stall of the machine must not become events that are skipped for whoever could not read meanwhile. */
const nobodyIsSlow = {
  softBacklogBytesMax: 0,
  hardBacklogBytesMax: 0,
  slowMsMax: 0,
  pongLagMsMax: 0,
  pollIntervalMs: 0,
};

/** A server that the test may pause, move or load as it likes; closed after the test. */
export async function startServer(options: StartOptions = {}): Promise<Max> {
  const max = await openServer(options);
  onTestFinished(() => max.close());
  return max;
}

function openServer(options: StartOptions = {}): Promise<Max> {
  return startMax({ port: 0, store: ":memory:", tickMs: 100, speed: 4, drainMs: 0, slow: nobodyIsSlow, ...options });
}

/** `test` with a server that the tests of a file share: each leaves it running and on its timeline. */
export const test = base.extend<{ max: Max }>({
  max: [
    // oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern which fixtures it needs: none
    async ({}, use) => {
      const max = await openServer();
      await use(max);
      await max.close();
    },
    { scope: "file" },
  ],
});

export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "max-loadtest-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export const shortPlan: Plan = {
  name: "short",
  description: "As short as a run can be that still sees a few dozen ticks.",
  clients: 10,
  warmupMs: 0,
  stages: [{ kind: "hold", durationMs: 700 }],
  control: { websocket: 1, polling: 1 },
};

/** For the members of a cluster: subscribers of each kind, reads and posts. */
export const clusterPlan: Plan = {
  ...shortPlan,
  clients: 20,
  control: { websocket: 2, polling: 2 },
  rest: { perSecond: 40, routes: [{ path: "/api/sectors" }] },
  messages: { perSecond: 20 },
};

/** What the report of a test's run says of its origin. */
export const provenance = { commandLine: "max loadtest", version: "0.0.0" };

/** The server of a run, without what else `startMax` resolves with. */
export function serverOf({ url, token, isTokenOptional }: LoadtestServer): LoadtestServer {
  return {
    url,
    ...(token === undefined ? {} : { token }),
    ...(isTokenOptional === undefined ? {} : { isTokenOptional }),
  };
}

/** A run without thresholds of its own, so that only deliveries and content decide. */
export async function attack(server: LoadtestServer, options: Partial<LoadtestOptions> = {}): Promise<LoadtestResult> {
  const defaults = { plan: shortPlan, workers: 0, outDir: await makeFolder(), ...provenance };
  return runPrepared(await prepareLoadtest({ ...defaults, ...options }), serverOf(server));
}

export const noFaults = {
  lost: 0,
  duplicated: 0,
  reordered: 0,
  corrupted: 0,
  unexpected: 0,
  conflated: 0,
  missed: 0,
};

/**
 * Every subscriber got exactly what it had to; otherwise the worst of them is shown. As in a verdict, what was lost says
 * nothing where the machine starved the generator: the test is skipped then.
 */
export function expectNoFaults({ deliveries, fairness, generator }: Summary): void {
  const { lost, missed, ...certain } = noFaults;
  const worst = JSON.stringify({ worst: fairness.worst[0], evidence: generator.evidence });
  expect(deliveries, worst).toMatchObject(certain);
  if (generator.evidence.length > 0 && deliveries.lost + deliveries.missed > 0)
    TestRunner.getCurrentTest()?.context.skip(`not measured, the generator was starved: ${worst}`);
  expect(deliveries, worst).toMatchObject({ lost, missed });
}

/** A run's verdict on the server. Where the machine starved the generator there is none: the test is skipped. */
export function verdictOnServer(skip: TestContext["skip"], { generator, verdict }: Summary): Summary["verdict"] {
  skip(generator.evidence.length > 0, `not measured, the generator was starved: ${generator.evidence.join("; ")}`);
  return verdict;
}

/** Options that tell when the measured time has begun, with every subscriber connected, and when it is over. */
export function onHold(begin: () => void, end: () => void = () => {}): Pick<LoadtestOptions, "progress"> {
  const watch = (line: string): void => {
    if (/ hold\b/.test(line)) begin();
    if (/ drain\b/.test(line)) end();
  };
  return { progress: { line: watch } };
}

/** Resolves once so many more ticks have left the server. */
export async function ticksPass({ simulation }: Max, count: number): Promise<void> {
  const tick = simulation.status().tick + count;
  await vi.waitUntil(() => simulation.status().tick >= tick, { timeout: 30_000, interval: 5 });
}
