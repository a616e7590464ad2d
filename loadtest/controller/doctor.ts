/**
 * `max doctor`: whether this machine is fit for a big run, and what to do about what is not.
 *
 * It measures what it can in a second and guesses nothing. Only what makes such a run impossible is
 * unfit; what may disturb it is a warning, for the run's own evidence decides whether it did.
 */
import { formatTable } from "../report/table.js";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism, loadavg, platform } from "node:os";
import { performance } from "node:perf_hooks";
import { findOpenFilesMax } from "../core/environment.js";
import { formatBytes, formatMs } from "../core/format.js";
import { findFreeBytes, findProcessors, spareFiles } from "../core/limits.js";

export type Fitness = "ok" | "warning" | "unfit";

export interface Finding {
  readonly name: string;
  readonly fitness: Fitness;
  /** What was found. */
  readonly detail: string;
  /** The way out; empty where all is well. */
  readonly advice: string;
  /** The same as a command for a POSIX shell, where there is one; empty where all is well. */
  readonly fix: string;
}

export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** The worst of them: with "unfit" the plan ten-thousand cannot run here. */
  readonly fitness: Fitness;
}

/** What the plan ten-thousand needs. */
const needed = { subscribers: 10_000, cores: 2, memoryBytes: 1 << 30, backlog: 511 } as const;
const stolenShareMax = 0.1;
const hiccupMsMax = 10;
const listenMs = 700;

interface Check {
  readonly name: string;
  readonly isFit: boolean;
  readonly detail: string;
  readonly advice: string;
  readonly fix?: string;
}

/** What may disturb a run. */
function warnUnless({ isFit, fix = "", ...rest }: Check): Finding {
  return isFit ? { ...rest, fitness: "ok", advice: "", fix: "" } : { ...rest, fix, fitness: "warning" };
}

/** What a run cannot do without. */
function stopUnless({ isFit, fix = "", ...rest }: Check): Finding {
  return isFit ? { ...rest, fitness: "ok", advice: "", fix: "" } : { ...rest, fix, fitness: "unfit" };
}

function asRoot(command: string): string {
  return process.getuid?.() === 0 ? command : `sudo ${command}`;
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return stopUnless({
    name: "Node",
    isFit: major > 20 || (major === 20 && minor >= 19),
    detail: process.version,
    advice: "Install Node 20.19 or newer.",
  });
}

function checkCores(): Finding {
  const cores = findProcessors();
  return warnUnless({
    name: "cores",
    isFit: cores >= needed.cores,
    detail: String(Number(cores.toFixed(2))),
    advice: "Run the server on another machine: on one core the generator takes its time.",
  });
}

function checkLoad(): Finding {
  const [minute = 0] = loadavg();
  // The load is the machine's, whatever part of it a container may use.
  const cores = availableParallelism();
  return warnUnless({
    name: "load",
    isFit: minute < cores * 0.5,
    detail: `${minute.toFixed(2)} over the last minute, ${cores} cores`,
    advice: "Stop what else is running: other people's work turns up as latency.",
  });
}

function checkMemory(): Finding {
  const free = findFreeBytes();
  return warnUnless({
    name: "memory",
    isFit: free >= needed.memoryBytes,
    detail: `${formatBytes(free)} free`,
    advice: "Free a gigabyte, or plan fewer subscribers.",
  });
}

function checkFiles(): Finding {
  const limit = findOpenFilesMax();
  const wanted = needed.subscribers + spareFiles;
  return stopUnless({
    name: "open files",
    isFit: limit === null || limit >= wanted,
    detail: limit === null ? "no limit is known" : `ulimit -n is ${limit}`,
    advice: `Raise it with ulimit -n ${wanted}: the server holds every subscriber in one process.`,
    // Node raises its limit to the hard one by itself; that one root alone can raise, for the shell and what it starts.
    fix: asRoot(`prlimit --pid $$ --nofile=${wanted}`),
  });
}

function readNumbers(path: string): number[] {
  try {
    return readFileSync(path, "utf8").trim().split(/\s+/).map(Number);
  } catch {
    return [];
  }
}

function checkPorts(): Finding {
  const [low, high] = readNumbers("/proc/sys/net/ipv4/ip_local_port_range");
  const isKnown = low !== undefined && high !== undefined;
  const count = isKnown ? high - low + 1 : needed.subscribers;
  return warnUnless({
    name: "ports",
    isFit: count >= needed.subscribers,
    detail: isKnown ? `${count} to connect from, for each address` : "the range is not known on this system",
    advice: "Widen net.ipv4.ip_local_port_range; towards loopback further addresses of 127.0.0.0/8 are used.",
    fix: asRoot('sysctl -w net.ipv4.ip_local_port_range="15000 64999"'),
  });
}

function checkBacklog(): Finding {
  const [backlog] = readNumbers("/proc/sys/net/core/somaxconn");
  return warnUnless({
    name: "accept queue",
    isFit: backlog === undefined || backlog >= needed.backlog,
    detail: backlog === undefined ? "not known on this system" : `net.core.somaxconn is ${backlog}`,
    advice: `Raise it to ${needed.backlog} or more: a ramp waits in it.`,
    fix: asRoot("sysctl -w net.core.somaxconn=4096"),
  });
}

async function checkAddresses(): Promise<Finding> {
  const isFree = await new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(0, "127.0.0.2", () => server.close(() => resolve(true)));
  });
  return warnUnless({
    name: "loopback addresses",
    isFit: isFree || platform() !== "linux",
    detail: isFree ? "127.0.0.2 can be used" : "only 127.0.0.1",
    advice: "Beyond 20,000 subscribers of one loopback server, add the alias 127.0.0.2 to the loopback interface.",
  });
}

/** Works for a while without a break: time in which the process did not run was taken by others. */
function checkStolenTime(): Finding {
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  while (performance.now() - startMs < listenMs / 2) continue;
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  const stolen = Math.max(0, 1 - (user + system) / 1000 / wallMs);
  return warnUnless({
    name: "undisturbed processor",
    isFit: stolen <= stolenShareMax,
    detail: `${(stolen * 100).toFixed(1)} % of the time was taken away`,
    advice: "Others use the same cores, or the machine is a small share of a bigger one: expect INVALID runs.",
  });
}

/** Listens to the timer: how late does it wake up an idle process? */
async function checkHiccups(): Promise<Finding> {
  let worstMs = 0;
  const endMs = performance.now() + listenMs / 2;
  for (let nowMs = performance.now(); nowMs < endMs;) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const woken = performance.now();
    worstMs = Math.max(worstMs, woken - nowMs - 1);
    nowMs = woken;
  }
  return warnUnless({
    name: "waking up",
    isFit: worstMs <= hiccupMsMax,
    detail: `at most ${formatMs(worstMs)} late`,
    advice: "Timer wake-up jitter is high. Measured latencies include up to this much.",
  });
}

/** The worst of them. */
function summarise(findings: readonly Finding[]): Fitness {
  const found = new Set(findings.map(({ fitness }) => fitness));
  if (found.has("unfit")) return "unfit";
  return found.has("warning") ? "warning" : "ok";
}

export async function runDoctor(): Promise<Diagnosis> {
  const findings = [
    checkNode(),
    checkCores(),
    checkLoad(),
    checkMemory(),
    checkFiles(),
    checkPorts(),
    checkBacklog(),
    await checkAddresses(),
    checkStolenTime(),
    await checkHiccups(),
  ];
  return { findings, fitness: summarise(findings) };
}

const marks: Readonly<Record<Fitness, string>> = { ok: "ok", warning: "LOOK", unfit: "STOP" };

const conclusions: Readonly<Record<Fitness, string>> = {
  ok: "This machine is fit for the plan ten-thousand.",
  warning: "The plan ten-thousand can run here, but may be disturbed; see LOOK above.",
  unfit: "The plan ten-thousand cannot run here; see STOP above.",
};

/** The commands that mend what is not fit, a line each, for the shell that is to run the load test. */
export function formatFixes({ findings }: Diagnosis): string {
  return findings.flatMap(({ fix }) => (fix === "" ? [] : [`${fix}\n`])).join("");
}

/** A line for each finding, and the advice below what is not fit. */
export function formatDiagnosis({ findings, fitness }: Diagnosis): string {
  const rows = findings.flatMap(({ name, fitness: found, detail, advice }) => [
    [`  ${marks[found]}`, name, detail],
    ...(advice === "" ? [] : [["", "", advice]]),
  ]);
  const offer = findings.some(({ fix }) => fix !== "")
    ? ['Mend what commands can, in this shell: eval "$(max doctor --fix)"']
    : [];
  return [...formatTable(rows, { align: "left" }), "", conclusions[fitness], ...offer].join("\n");
}
