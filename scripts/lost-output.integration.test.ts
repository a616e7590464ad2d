/** Lost output ends no command: the exit code and the reports are those of the run. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startMax } from "../server/main.js";
import { CliError, exitCodes } from "./cli-error.js";
import { maxEntry } from "./max-entry.js";
import { startServerProcess } from "./server-process.js";

const full = "/dev/full";

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "max-lost-output-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs `max` with the streams named on a full disk; what the other one held is given back. */
async function runOnFullDisk(lost: readonly ("stdout" | "stderr")[], ...args: string[]) {
  const disk = openSync(full, "w");
  onTestFinished(() => closeSync(disk));
  const [stdout, stderr] = (["stdout", "stderr"] as const).map((name) => (lost.includes(name) ? disk : "pipe"));
  const child = spawn(process.execPath, [maxEntry, ...args], { cwd: makeFolder(), stdio: ["ignore", stdout, stderr] });
  let kept = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => (kept += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, kept };
}

const told = "max: The output cannot be written to stdout (ENOSPC).\n";

test.runIf(existsSync(full)).each([
  [["plans"], exitCodes.pass],
  [["simulate", "--for", "1m"], exitCodes.failed],
  [["simulate", "--for", "1m", "--digest"], exitCodes.failed],
])("max %j on a full disk ends with one sentence", async (args, code) => {
  expect(await runOnFullDisk(["stdout"], ...args)).toEqual({ code, kept: told });
});

test.runIf(existsSync(full))("a usage error keeps its exit code where stderr is full", async () => {
  expect(await runOnFullDisk(["stderr"], "nonsense")).toEqual({ code: exitCodes.usage, kept: "" });
});

test.runIf(existsSync(full))("a load test and a contract check whose output is lost write their reports", async () => {
  const folder = makeFolder();
  const max = await startMax({ port: 0, store: ":memory:" });
  onTestFinished(() => max.close());
  const plan = { name: "short", description: "Short.", clients: 2, stages: [{ kind: "hold", durationMs: 1500 }] };
  writeFileSync(join(folder, "plan.json"), JSON.stringify(plan));
  const out = join(folder, "loadtest");
  const lost = ["stdout", "stderr"] as const;
  const load = ["--plan", join(folder, "plan.json"), "--url", max.url, `--token=${max.token}`, "--out", out];
  expect((await runOnFullDisk(lost, "loadtest", ...load)).code).toBeLessThan(4);
  expect(readdirSync(out)).toHaveLength(5);
  const checked = join(folder, "contract");
  const check = ["--url", max.url, "--for", "500ms", "--expect", "market:update", "--out", checked];
  expect((await runOnFullDisk(lost, "contract", ...check)).code).toBe(exitCodes.pass);
  expect(readdirSync(checked)).toHaveLength(5);
});

test("the server of a load test that cannot start is an error, and none that is interrupted stays", async () => {
  const failing = startServerProcess(["--port", "0", "--store", makeFolder()]);
  const error: unknown = await failing.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(CliError);
  expect(error).toMatchObject({
    exitCode: exitCodes.couldNotStart,
    message: expect.stringMatching(/did not start: The store .* cannot be opened/),
  });
  const interrupted = startServerProcess(["--port", "0"], { signal: AbortSignal.timeout(1) });
  await expect(interrupted).rejects.toMatchObject({ exitCode: exitCodes.interrupted });
});
