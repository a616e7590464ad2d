/** A server with a fast market in this process, and a short load test against it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Plan } from "../schemas/index.js";
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
