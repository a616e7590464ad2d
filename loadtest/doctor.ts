/**
 * `max doctor`: whether this machine is fit for a big run, and what to do about what is not.
 *
 * It measures what it can in a second and guesses nothing. Nothing here fails a load test: the run's own
 * evidence decides that.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism, freemem, loadavg, platform } from "node:os";
import { performance } from "node:perf_hooks";
import { findOpenFilesMax } from "./environment.js";
import { formatBytes, formatMs } from "./report/figures.js";

export interface Finding {
  readonly name: string;
  readonly isFit: boolean;
  /** What was found. */
  readonly detail: string;
  /** The way out; empty where all is well. */
  readonly advice: string;
}

export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** True when nothing stands in the way of the plan ten-thousand. */
  readonly isFit: boolean;
}

/** What the plan ten-thousand needs. */
const needed = { subscribers: 10_000, spareFiles: 100, cores: 2, memoryBytes: 1 << 30, backlog: 511 } as const;
const stolenShareMax = 0.1;
const hiccupMsMax = 10;
const listenMs = 700;

function finding(name: string, isFit: boolean, detail: string, advice: string): Finding {
  return { name, isFit, detail, advice: isFit ? "" : advice };
}

function checkNode(): Finding {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const isFit = major > 20 || (major === 20 && minor >= 19);
  return finding("Node", isFit, process.version, "Install Node 20.19 or newer.");
}

function checkCores(): Finding {
  const cores = availableParallelism();
  const advice = "Run the server on another machine and name it with --url: on one core the generator steals its time.";
  return finding("cores", cores >= needed.cores, String(cores), advice);
}

function checkLoad(): Finding {
  const [minute] = loadavg();
  const cores = availableParallelism();
  const advice = "Stop what else is running: other people's work turns up as latency.";
  return finding("load", minute < cores * 0.5, `${minute.toFixed(2)} over the last minute, ${cores} cores`, advice);
}

function checkMemory(): Finding {
  const free = freemem();
  return finding(
    "memory",
    free >= needed.memoryBytes,
    `${formatBytes(free)} free`,
    "Free a gigabyte, or plan fewer subscribers.",
  );
}

function checkFiles(): Finding {
  const limit = findOpenFilesMax();
  const wanted = needed.subscribers + needed.spareFiles;
  const detail = limit === null ? "no limit is known" : `ulimit -n is ${limit}`;
  return finding(
    "open files",
    limit === null || limit >= wanted,
    detail,
    `Raise it with ulimit -n ${wanted}, or spread the subscribers with --workers.`,
  );
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
  if (low === undefined || high === undefined)
    return finding("ports", true, "the range is not known on this system", "");
  const count = high - low + 1;
  const advice = "Widen net.ipv4.ip_local_port_range; towards loopback further addresses of 127.0.0.0/8 are used.";
  return finding("ports", count >= needed.subscribers, `${count} to connect from, for each address`, advice);
}

function checkBacklog(): Finding {
  const [backlog] = readNumbers("/proc/sys/net/core/somaxconn");
  if (backlog === undefined) return finding("accept queue", true, "not known on this system", "");
  return finding(
    "accept queue",
    backlog >= needed.backlog,
    `net.core.somaxconn is ${backlog}`,
    `Raise it to ${needed.backlog} or more: a ramp waits in it.`,
  );
}

async function checkAddresses(): Promise<Finding> {
  const isFree = await new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(0, "127.0.0.2", () => server.close(() => resolve(true)));
  });
  const advice = "Beyond 20,000 subscribers of one loopback server, add the alias 127.0.0.2 to the loopback interface.";
  return finding(
    "loopback addresses",
    isFree || platform() !== "linux",
    isFree ? "127.0.0.2 can be used" : "only 127.0.0.1",
    advice,
  );
}

/** Works for a while without a break: time in which the process did not run was taken by others. */
function checkStolenTime(): Finding {
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  while (performance.now() - startMs < listenMs / 2) continue;
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  const stolen = Math.max(0, 1 - (user + system) / 1000 / wallMs);
  const advice = "Others use the same cores, or the machine is a small share of a bigger one: expect INVALID runs.";
  return finding(
    "undisturbed processor",
    stolen <= stolenShareMax,
    `${(stolen * 100).toFixed(1)} % of the time was taken away`,
    advice,
  );
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
  const advice = "An idle process is woken late here; that much of every latency is the machine's.";
  return finding("waking up", worstMs <= hiccupMsMax, `at most ${formatMs(worstMs)} late`, advice);
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
  return { findings, isFit: findings.every(({ isFit }) => isFit) };
}

/** A line for each finding, and the advice below what is not fit. */
export function formatDiagnosis({ findings, isFit }: Diagnosis): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.flatMap(({ name, isFit: fit, detail, advice }) => [
    `  ${fit ? "ok  " : "LOOK"}  ${name.padEnd(width)}  ${detail}`,
    ...(advice === "" ? [] : [`        ${" ".repeat(width)}  ${advice}`]),
  ]);
  const conclusion = isFit
    ? "This machine is fit for the plan ten-thousand."
    : "A big run may be disturbed here; see LOOK above.";
  return [...lines, "", conclusion].join("\n");
}
