/** `max loadtest ab` as a process: what it prints, writes, and ends with. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startForeign } from "../loadtest/foreign.fixture.js";
import { makeFolder } from "../loadtest/loadtest.fixture.js";
import { type AbTest, findViolations } from "../schemas/index.js";
import { exitCodes } from "./cli-error.js";
import { refusalOf, runMaxCommand, startMaxCommand } from "./cli.fixture.js";
import { maxEntry } from "./max-entry.js";

const few = ["--rounds=12", "--warmup=0s", "--workers=0", "--clients=5", "--plan=smoke"];
const brief = [...few, "--round=200ms"];
const demo = `node ${maxEntry} demo`;

const codes: Readonly<Record<AbTest["verdict"], number>> = {
  same: exitCodes.pass,
  better: exitCodes.pass,
  worse: exitCodes.failed,
  mixed: exitCodes.failed,
  invalid: exitCodes.invalid,
};

test("commands are measured until they are interrupted, and leave no process", async () => {
  const out = await makeFolder();
  const b = `${demo} --compression off`;
  const running = startMaxCommand("loadtest", "ab", demo, b, ...few, "--round=1s", "--json", "--github", "--out", out);
  await running.wrote("Block 1, A:");
  running.child.kill("SIGINT");
  const { code, stdout, stderr } = await running.ended;
  expect(code, stderr).toBe(exitCodes.interrupted);
  const ab = JSON.parse(stdout) as AbTest;
  expect(findViolations("ab.schema.json", ab)).toEqual([]);
  expect(JSON.parse(readFileSync(join(out, "ab.json"), "utf8"))).toEqual(ab);
  expect(ab).toMatchObject({ verdict: "invalid", interrupted: true, blocks: 0, notes: [], differences: [] });
  expect(ab.a).toMatchObject({ source: demo, isProcess: true, costSource: "metrics" });
  expect(ab.b).toMatchObject({ source: b, isProcess: true });
  await expect(fetch(ab.a.url)).rejects.toThrow("fetch failed");
  expect(stderr).toMatch(/^Block 1, A: p50 .* µs a delivery: /m);
  expect(stderr).toMatch(/^::error title=max loadtest ab::Interrupted: 0 blocks are complete/m);
});

test("two addresses are compared, and the exit code tells the verdict", async () => {
  const url = await startForeign((nowMs) => new Date(nowMs).toISOString());
  const { code, stdout } = await runMaxCommand("loadtest", "ab", url, url, ...brief, "--no-rest", "--json");
  const ab = JSON.parse(stdout) as AbTest;
  expect(code, ab.conclusion).toBe(codes[ab.verdict]);
  expect(ab.notes.join(" ")).toMatch(/^A' is A's own address again.* Server CPU is not known: /);
});

test("what does not start or answer is named before the first round", async () => {
  const url = await startForeign((nowMs) => new Date(nowMs).toISOString());
  const failing = await refusalOf("loadtest", "ab", url, "echo no such module >&2; exit 1", ...brief);
  expect(failing.exitCode).toBe(exitCodes.couldNotStart);
  expect(failing.message).toMatch(
    /^The server B did not start \(echo .*\): it ended with exit code 1: no such module$/,
  );
  const unreachable = await refusalOf("loadtest", "ab", url, "http://127.0.0.1:1", ...brief);
  expect(unreachable.exitCode).toBe(exitCodes.targetUnreachable);
});
