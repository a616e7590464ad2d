/** What a local process has cost so far, from /proc: only Linux has it. */
import { readFileSync, readdirSync } from "node:fs";
import { OptionError } from "../core/errors.js";

export interface ProcessStatistics {
  /** User and system time of all its threads. */
  readonly cpuMs: number;
  readonly residentBytes: number;
  /** Tells it from another process that has its number later. */
  readonly startTicks: number;
}

type ReadFile = (path: string) => string;

function readText(path: string): string {
  return readFileSync(path, "utf8");
}

/** Linux counts time for programs in hundredths of a second, whatever its own clock does. */
const tickMs = 10;

/** The numbers that Linux tells of a process, the third first: its state, which is none, is NaN. Undefined without it. */
function readStat(pid: number, read: ReadFile = readText): readonly number[] | undefined {
  try {
    const stat = read(`/proc/${pid}/stat`);
    // The name may have spaces and brackets; the fields behind it have none.
    return stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
  } catch {
    return undefined;
  }
}

/**
 * Undefined where there is no such process.
 *
 * @param read reads a file as text
 */
export function readProcess(pid: number, read: ReadFile = readText): ProcessStatistics | undefined {
  const fields = readStat(pid, read);
  if (fields === undefined) return undefined;
  try {
    const [userTicks, systemTicks, startTicks] = [fields[11], fields[12], fields[19]];
    const residentKib = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1];
    // A process that has ended and was not waited for has no memory.
    if (userTicks === undefined || systemTicks === undefined || startTicks === undefined || residentKib === undefined)
      return undefined;
    return { cpuMs: (userTicks + systemTicks) * tickMs, residentBytes: Number(residentKib) * 1024, startTicks };
  } catch {
    return undefined;
  }
}

/** The processes of a session, that which began it among them; none elsewhere than on Linux. */
export function findSession(leader: number): number[] {
  try {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return pids.map(Number).filter((pid) => readStat(pid)?.[3] === leader);
  } catch {
    return [];
  }
}

/** @throws {OptionError} where the cost of a process cannot be read */
export function requireProcesses(pids: readonly number[], platform = process.platform): void {
  if (pids.length > 0 && platform !== "linux")
    throw new OptionError(
      `The option serverPids reads /proc, which only Linux has; this is ${platform}. Leave it out: with its token a max-harness server tells its cost over /metrics.`,
      { option: "serverPids" },
    );
  const missing = pids.find((pid) => readProcess(pid) === undefined);
  if (missing !== undefined)
    throw new OptionError(
      `Invalid serverPids ${missing}: there is no such process on this machine. Give the number of the server's process, as in $(pgrep -f server.js).`,
      { option: "serverPids" },
    );
}
