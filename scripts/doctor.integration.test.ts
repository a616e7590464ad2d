/** `max doctor` warns of what is in the way, and fails only for what makes a run impossible. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { exitCodes } from "./cli-error.js";
import { maxEntry } from "./max-entry.js";

test.skipIf(process.platform === "win32")(
  "too few open files make a big run impossible, and the way out is named",
  () => {
    const script = 'ulimit -n 1000 && exec "$0" "$1" doctor';
    const { status, stdout } = spawnSync("bash", ["-c", script, process.execPath, maxEntry], { encoding: "utf8" });
    expect(stdout).toMatch(/STOP +open files +ulimit -n is 1000\n +Raise it with ulimit -n 10100/);
    expect(stdout).toContain("The plan ten-thousand cannot run here");
    expect(status).toBe(exitCodes.failed);
  },
);

test("what may only disturb a run is looked at, and is no failure", () => {
  const { status, stdout } = spawnSync(process.execPath, [maxEntry, "doctor"], { encoding: "utf8" });
  expect(stdout).toMatch(/undisturbed processor +\d+\.\d % of the time/);
  expect(status).toBe(stdout.includes("STOP") ? exitCodes.failed : exitCodes.pass);
});

function runBash(script: string): string {
  return spawnSync("bash", ["-c", script], { encoding: "utf8" }).stdout;
}

const max = `"${process.execPath}" "${maxEntry}"`;

test.skipIf(process.platform === "win32")("--fix prints the remedies as commands, and nothing else", () => {
  const lines = runBash(`ulimit -n 1000; ${max} doctor --fix`).trimEnd().split("\n");
  expect(lines.filter((line) => !/^(?:sudo )?(?:prlimit|sysctl) /.test(line))).toEqual([]);
  expect(lines).toContainEqual(expect.stringMatching(/^(?:sudo )?prlimit --pid \$\$ --nofile=10100$/));
});

// Raising a limit takes root with CAP_SYS_RESOURCE, which containers lack.
const mayRaise = runBash("ulimit -n 1000; prlimit --pid $$ --nofile=1001 && ulimit -n") === "1001\n";

test.skipIf(!mayRaise)("what --fix prints mends the shell that runs it", () => {
  expect(runBash(`ulimit -n 1000; eval "$(${max} doctor --fix | grep prlimit)"; ulimit -n`)).toBe("10100\n");
});
