/**
 * The processors and the memory that this process may use: those of the machine, or of its container.
 *
 * `os.availableParallelism()` knows the affinity, but before Node 22 not the quota of a control group, and
 * `os.totalmem()` and `os.freemem()` know the machine only.
 */
import { readFileSync } from "node:fs";
import { availableParallelism, freemem, totalmem } from "node:os";
import { dirname, join } from "node:path";

type ReadText = (path: string) => string | undefined;

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

const root = "/sys/fs/cgroup";

function quotaOf(quota: string | undefined, period: string | undefined): number {
  const [used, of] = [Number(quota), Number(period)];
  return used > 0 && of > 0 ? used / of : Infinity;
}

/** Of one group, by the files of version 2 or 1; infinite without a limit. */
function readQuota(folder: string, read: ReadText): number {
  const [quota, period] = read(join(folder, "cpu.max"))?.trim().split(" ") ?? [];
  const second = quotaOf(quota, period);
  const first = quotaOf(read(join(folder, "cpu.cfs_quota_us")), read(join(folder, "cpu.cfs_period_us")));
  return Math.min(first, second);
}

/** Processors that the control groups of this process allow for; infinite without a limit. */
export function findCpuQuota(read: ReadText = readText): number {
  let least = Infinity;
  for (const line of read("/proc/self/cgroup")?.split("\n") ?? []) {
    const [, controllers = "", path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    const isCpu = controllers === "" || controllers.split(",").includes("cpu");
    if (!isCpu) continue;
    // Every group above limits those below. In a container the path may be the host's: its own group is at the root.
    const mounts = controllers === "" ? [root, join(root, "unified")] : [join(root, controllers), join(root, "cpu")];
    for (const mount of mounts)
      for (let at = path; ; at = dirname(at)) {
        least = Math.min(least, readQuota(join(mount, at), read));
        if (at === "/") break;
      }
  }
  return least;
}

/** Processors that this process can use, a fraction where a quota is one. */
export function findProcessors(): number {
  return Math.min(availableParallelism(), findCpuQuota());
}

/** Bytes of memory that this process can have at most. */
export function findMemoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(totalmem(), limit) : totalmem();
}

/** Bytes of memory that are free for this process. */
export function findFreeBytes(): number {
  return Math.min(freemem(), process.availableMemory());
}

/** Open files that a process needs besides those of its subscribers. */
export const spareFiles = 100;

/** Fewer are held by one process with ease. */
export const subscribersPerWorkerMin = 250;

/** Generator processes for so many subscribers, when a core is left for the server. */
export function chooseWorkers(clientsMax: number, processors = findProcessors()): number {
  return Math.max(1, Math.min(Math.floor(processors) - 1, Math.ceil(clientsMax / subscribersPerWorkerMin)));
}
