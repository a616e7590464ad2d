/** `max loadtest capacity` as a process: what it prints, writes, and ends with. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startForeign } from "../loadtest/foreign.fixture.js";
import { makeFolder } from "../loadtest/loadtest.fixture.js";
import { type Capacity, findViolations } from "../schemas/index.js";
import { exitCodes } from "./cli-error.js";
import { runMaxCommand } from "./cli.fixture.js";

const brief = ["--start", "2", "--max", "4", "--step-for", "100ms", "--warmup", "0s", "--workers", "0", "--no-rest"];

function now(nowMs: number): string {
  return new Date(nowMs).toISOString();
}

test("a search prints and writes one JSON, and its exit code tells a number from a starved generator", async () => {
  const url = await startForeign(now);
  const out = await makeFolder();
  const plan = ["--plan", "smoke", "--url", url, "--out", out];
  const args = [...plan, ...brief, "--json", "--github"];
  const { code, stdout, stderr } = await runMaxCommand("loadtest", "capacity", ...args);
  const capacity = JSON.parse(stdout) as Capacity;
  expect(findViolations("capacity.schema.json", capacity)).toEqual([]);
  expect(JSON.parse(readFileSync(join(out, "capacity.json"), "utf8"))).toEqual(capacity);
  expect(stderr).toMatch(/^Probe 1: 2 subscribers, p99 .* generator .* busy: /m);
  expect(stderr).toMatch(/^::(?:notice|error) title=max loadtest capacity::/m);
  const isMeasured = capacity.limit?.kind === "max";
  expect(code, capacity.conclusion).toBe(isMeasured ? exitCodes.pass : exitCodes.invalid);
  if (isMeasured) expect(capacity).toMatchObject({ verdict: "atLeast", clients: 4, plan: "smoke", url });
});
