/** A server with a fast market in this process, and a short load test against it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import type { Plan, Summary } from "../schemas/index.js";
import { type Max, type StartOptions, startMax } from "../server/main.js";
import { type LoadtestOptions, type LoadtestResult, runLoadtest } from "./index.js";

export async function startServer(options: StartOptions = {}): Promise<Max> {
  const max = await startMax({ port: 0, store: ":memory:", tickMs: 100, speed: 4, drainMs: 0, ...options });
  onTestFinished(() => max.close());
  return max;
}

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

/** A run without thresholds of its own, so that only deliveries and content decide. */
export async function attack(
  max: Pick<Max, "url" | "token">,
  options: Partial<LoadtestOptions> = {},
): Promise<LoadtestResult> {
  return runLoadtest({
    url: max.url,
    token: max.token,
    plan: shortPlan,
    workers: 0,
    outDir: await makeFolder(),
    quiet: true,
    commandLine: "max loadtest",
    ...options,
  });
}

/**
 * A run on a machine that starves the generator is rightly INVALID, whatever the server did besides losing
 * nothing of what it sent: then the verdict says so, and otherwise it is a FAIL. See measure/verdict.test.ts.
 */
export function failOrStarved({ generator }: Summary): Summary["verdict"] {
  return generator.evidence.length > 0 ? "INVALID" : "FAIL";
}

/** Options that tell when the subscribers are connected and the measured time has begun. */
export function onHold(begin: () => void): Pick<LoadtestOptions, "quiet" | "progress"> {
  return { quiet: false, progress: (line) => void (/ hold\b/.test(line) && begin()) };
}

/** Resolves once so many more ticks have left the server. */
export async function ticksPass({ simulation }: Max, count: number): Promise<void> {
  const tick = simulation.status().tick + count;
  await vi.waitUntil(() => simulation.status().tick >= tick, { timeout: 30_000, interval: 5 });
}
