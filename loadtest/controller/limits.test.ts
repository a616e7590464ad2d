/** A container's processors are those of its control groups, of either version. */
import { expect, test } from "vitest";
import { chooseWorkers, findCpuQuota } from "../core/limits.js";

const quota = (files: Readonly<Record<string, string>>): number => findCpuQuota((path) => files[path]);

test.each<[string, Record<string, string>, number]>([
  ["nothing known", {}, Infinity],
  ["version 2", { "/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/b/cpu.max": "50000 100000\n" }, 0.5],
  [
    "version 2, the group above",
    { "/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/cpu.max": "150000 100000\n" },
    1.5,
  ],
  ["version 2, no limit", { "/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/cpu.max": "max 100000\n" }, Infinity],
  ["version 2, a namespace", { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "200000 100000\n" }, 2],
  [
    "version 1",
    {
      "/proc/self/cgroup": "3:cpu,cpuacct:/docker/x\n1:name=systemd:/\n",
      "/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us": "50000\n",
      "/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us": "100000\n",
    },
    0.5,
  ],
  [
    "version 1, no limit",
    {
      "/proc/self/cgroup": "1:cpu:/\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    },
    Infinity,
  ],
])("the quota of %s", (_, files, processors) => {
  expect(quota(files)).toBe(processors);
});

test.each([
  [20, 32, 1],
  [1000, 32, 4],
  [10_000, 32, 31],
  [10_000, 2, 1],
  [10_000, 0.5, 1],
  [10_000, 3.5, 2],
])("%i subscribers on %s processors take %i workers", (clients, processors, workers) => {
  expect(chooseWorkers(clients, processors)).toBe(workers);
});
