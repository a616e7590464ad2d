import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { isSkippedWithout } from "../../schemas/requirement.fixture.js";
import { readProcess, requireProcesses } from "./process-statistics.js";

const isLinux = process.platform === "linux";

function readerOf(files: Readonly<Record<string, string>>): (path: string) => string {
  return (path) => {
    const text = files[path];
    if (text === undefined) throw new Error("ENOENT");
    return text;
  };
}

const rest = "S 1 7 7 0 -1 4194304 9000 0 0 0 250 75 0 0 20 0 11 0 123456 1000000 25000";

test.each(["node", "a (strange) name) S 1"])("of a process called %j time and memory are read", (name) => {
  const read = readerOf({
    "/proc/7/stat": `7 (${name}) ${rest}`,
    "/proc/7/status": "Name:\tnode\nVmRSS:\t  2048 kB\n",
  });
  expect(readProcess(7, read)).toEqual({ cpuMs: 3250, residentBytes: 2 << 20, startTicks: 123_456 });
});

test("a process that is gone, or a zombie without memory, is none", () => {
  expect(readProcess(7, readerOf({}))).toBeUndefined();
  expect(readProcess(7, readerOf({ "/proc/7/stat": `7 (node) ${rest}`, "/proc/7/status": "" }))).toBeUndefined();
});

test("this process has as much time and memory as Node.js tells", ({ skip }) => {
  skip(isSkippedWithout(isLinux), "only Linux has /proc");
  const before = process.cpuUsage();
  const { cpuMs, residentBytes } = readProcess(process.pid)!;
  const after = process.cpuUsage();
  // Of user and system time each is cut to hundredths.
  expect(cpuMs).toBeGreaterThanOrEqual((before.user + before.system) / 1000 - 40);
  expect(cpuMs).toBeLessThanOrEqual((after.user + after.system) / 1000 + 40);
  expect(residentBytes / process.memoryUsage.rss()).toBeCloseTo(1, 0);
});

test("elsewhere than on Linux, and for a process that is not there, the sentence tells the way out", async ({
  skip,
}) => {
  expect(() => requireProcesses([1], "darwin")).toThrow(
    /reads \/proc, which only Linux has; this is darwin\. Leave it out/,
  );
  expect(() => requireProcesses([], "darwin")).not.toThrow();
  skip(isSkippedWithout(isLinux), "only Linux has /proc");
  const ended = spawn(process.execPath, ["-e", ""]);
  await once(ended, "exit");
  const pid = ended.pid!;
  expect(() => requireProcesses([process.pid, pid])).toThrow(`Invalid serverPids ${pid}: there is no such process`);
});
