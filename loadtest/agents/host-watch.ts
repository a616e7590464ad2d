/**
 * What a host keeps from its agent without any process's fault: processor time that a hypervisor gave to others, and
 * packets that the kernel dropped. Linux tells both; elsewhere nothing is found.
 */
import { readFileSync } from "node:fs";
import { formatPercent } from "../core/format.js";

const stealShareMax = 0.05;

/** As counted since the host started. */
export interface HostCounts {
  /** Ticks of processor time, of all processors. */
  readonly total: number;
  readonly stolen: number;
  /** Packets that arrived and were dropped for want of room or time. */
  readonly dropped: number;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** The value of a counter in /proc/net/netstat: a line of names, then a line of values. */
function findCounter(netstat: string, group: string, name: string): number {
  const [names, values] = netstat.split("\n").filter((line) => line.startsWith(`${group}:`));
  const at = names?.split(" ").indexOf(name) ?? -1;
  return at < 0 ? 0 : Number(values?.split(" ")[at] ?? 0);
}

export function readHostCounts(read: (path: string) => string = readText): HostCounts {
  // Guests are in the first two already.
  const times = /^cpu +(.*)$/m.exec(read("/proc/stat"))?.[1]?.split(" ").slice(0, 8).map(Number) ?? [];
  const netstat = read("/proc/net/netstat");
  const softnet = read("/proc/net/softnet_stat").trim().split("\n");
  const ofQueue = softnet.reduce((sum, line) => sum + Number.parseInt(line.split(" ")[1] ?? "0", 16), 0);
  const counters = ["TCPBacklogDrop", "TCPRcvQDrop"].map((name) => findCounter(netstat, "TcpExt", name));
  return {
    total: times.reduce((sum, one) => sum + one, 0),
    stolen: times[7] ?? 0,
    dropped: counters.reduce((sum, one) => sum + one, Number.isNaN(ofQueue) ? 0 : ofQueue),
  };
}

export class HostWatch {
  readonly #read: () => HostCounts;
  #last: HostCounts;

  constructor(read: () => HostCounts = () => readHostCounts()) {
    this.#read = read;
    this.#last = read();
  }

  /** To be called every second: what speaks against the host in the time since. */
  close(): string[] {
    const { total, stolen, dropped } = this.#last;
    const now = this.#read();
    this.#last = now;
    const found: string[] = [];
    const share = (now.stolen - stolen) / Math.max(1, now.total - total);
    if (share > stealShareMax)
      found.push(`${formatPercent(share)} of a second's processor time were stolen from the host`);
    if (now.dropped > dropped) found.push(`its kernel dropped ${now.dropped - dropped} packets that had arrived`);
    return found;
  }
}
