import { expect, test } from "vitest";
import { type HostCounts, HostWatch, readHostCounts } from "./host-watch.js";

const netstat = `TcpExt: SyncookiesSent TCPBacklogDrop TCPRcvQDrop
TcpExt: 5 3 4
IpExt: InNoRoutes InTruncatedPkts
IpExt: 0 0
`;
const files: Readonly<Record<string, string>> = {
  "/proc/stat": "cpu  100 0 50 800 10 0 5 35 7 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n",
  "/proc/net/netstat": netstat,
  "/proc/net/softnet_stat": "0000aa 00000010 00000000\n0000bb 00000001 00000000\n",
};

test("the kernel's counters are read", () => {
  expect(readHostCounts((path) => files[path] ?? "")).toEqual({ total: 1000, stolen: 35, dropped: 3 + 4 + 16 + 1 });
  expect(readHostCounts(() => "")).toEqual({ total: 0, stolen: 0, dropped: 0 });
  expect(readHostCounts().total).toBeGreaterThanOrEqual(0);
});

test("a second in which more than 5 % were stolen, or packets were dropped, speaks against the host", () => {
  let counts: HostCounts = { total: 0, stolen: 0, dropped: 9 };
  const watch = new HostWatch(() => counts);
  counts = { total: 200, stolen: 10, dropped: 9 };
  expect(watch.close()).toEqual([]);
  counts = { total: 400, stolen: 30, dropped: 12 };
  expect(watch.close()).toEqual([
    "10 % of a second's processor time were stolen from the host",
    "its kernel dropped 3 packets that had arrived",
  ]);
  expect(watch.close()).toEqual([]);
});
