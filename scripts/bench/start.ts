/**
 * What it costs to start: processor time of `max --help`, `max --version` and of `max demo` on a fresh store up to its
 * first tick, beside an empty script of the same Node.js, in turns.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { Readable } from "node:stream";
import type { Simulation } from "../../schemas/index.js";
import { maxEntry } from "../max-entry.js";
import { startServerProcess } from "../server-process.js";
import { type BenchResult, type BenchSize, cell, medianOf, requireEqual, takeTurns } from "./report.js";

const rounds = { tiny: 1, full: 9 } as const;

/** Makes a process write its processor time, user and system, in microseconds, to its fourth file when it exits. */
const reportCpuTime = `data:text/javascript,${encodeURIComponent(
  'import { writeSync } from "node:fs"; process.on("exit", () => { const { user, system } = process.cpuUsage(); writeSync(3, String(user + system)); });',
)}`;

interface Started {
  readonly cpuMs: number;
  readonly output: string;
}

async function runToEnd(args: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, ["--import", reportCpuTime, ...args], {
    stdio: ["ignore", "pipe", "inherit", "pipe"],
  });
  const [output, cpuUs] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stdio[3] as Readable),
    once(child, "exit"),
  ]);
  return { cpuMs: Number(cpuUs) / 1000, output };
}

/** User and system time of a process and its threads so far: fields 14 and 15 of Linux's /proc, in hundredths of a second. */
function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // Behind the program's name, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Up to the first tick, the few requests that ask for it included. */
async function startDemo(): Promise<Started> {
  const folder = await mkdtemp(join(tmpdir(), "max-bench-start-"));
  const server = await startServerProcess(["--port", "0", "--store", join(folder, "store.sqlite")]);
  try {
    while (((await (await fetch(`${server.url}/api/simulation`)).json()) as Simulation).tick === 0) await delay(20);
    return { cpuMs: cpuMsOf(server.pid), output: "" };
  } finally {
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

const starts = {
  "node -e 0": () => runToEnd(["-e", "0"]),
  "max --help": () => runToEnd([maxEntry, "--help"]),
  "max --version": () => runToEnd([maxEntry, "--version"]),
  "max demo, first tick": startDemo,
} as const;
type Name = keyof typeof starts;
const names = Object.keys(starts) as Name[];

export async function run(size: BenchSize): Promise<BenchResult> {
  const measured = await takeTurns(names, { rounds: rounds[size] }, (name) => starts[name]());
  const baseMs = medianOf(measured, (round) => round["node -e 0"].cpuMs);
  const hash = createHash("sha256");
  const lines = names.map((name) => {
    hash.update(
      requireEqual(
        measured.map((round) => round[name].output),
        `outputs of ${name}`,
      ),
    );
    const cpuMs = medianOf(measured, (round) => round[name].cpuMs);
    return `${name.padEnd(22)}${cell(cpuMs, 0, 6)} ms  ${cell(cpuMs / baseMs, 1, 5)} x node -e 0`;
  });
  return {
    name: `start: processor time, median of ${rounds[size]}`,
    lines,
    hash: hash.digest("hex"),
  };
}
