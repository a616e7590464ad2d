/** The table of a search's curve, the same on the screen, in Markdown and on the page. */
import type { Capacity, CapacityProbe } from "../../../schemas/index.js";
import { describeProbes } from "../../capacity/capacity.js";
import { formatCount, formatMs, formatPercent, formatSeconds } from "../../core/format.js";

export const curveHead = ["subscribers", "p50", "p99", "server CPU", "generator CPU", "probes"] as const;

/** The probes with one number of subscribers. */
export interface CurvePoint {
  readonly clients: number;
  readonly probes: readonly CapacityProbe[];
  /** Medians; null where nothing was measured. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly serverCpuCores: number | null;
  readonly generatorUtilisation: number | null;
}

function medianOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  return known[Math.floor((known.length - 1) / 2)] ?? null;
}

/** By number of subscribers, the fewest first. */
export function curveOf({ probes }: Pick<Capacity, "probes">): CurvePoint[] {
  const counts = [...new Set(probes.map(({ clients }) => clients))].toSorted((a, b) => a - b);
  return counts.map((clients) => {
    const same = probes.filter((probe) => probe.clients === clients);
    return {
      clients,
      probes: same,
      p50Ms: medianOf(same.map(({ p50Ms }) => p50Ms)),
      p99Ms: medianOf(same.map(({ p99Ms }) => p99Ms)),
      serverCpuCores: medianOf(same.map(({ serverCpuCores }) => serverCpuCores)),
      generatorUtilisation: medianOf(same.map(({ generatorUtilisation }) => generatorUtilisation)),
    };
  });
}

export function curveRows(capacity: Capacity): string[][] {
  return curveOf(capacity).map(({ clients, probes, p50Ms, p99Ms, serverCpuCores, generatorUtilisation }) => [
    formatCount(clients),
    formatMs(p50Ms),
    formatMs(p99Ms),
    serverCpuCores === null ? "–" : `${serverCpuCores.toFixed(2)} cores`,
    generatorUtilisation === null ? "–" : formatPercent(generatorUtilisation),
    probes.map(({ verdict }) => verdict).join(", "),
  ]);
}

const words: Readonly<Record<Capacity["verdict"], string>> = {
  found: "FOUND",
  atLeast: "AT LEAST",
  none: "NONE",
  inconclusive: "INCONCLUSIVE",
};

/** The verdict as one word in front of the conclusion. */
export function nameVerdict({ verdict }: Capacity): string {
  return words[verdict];
}

/** How it was searched. */
export function describeSearch({ probes, probeMs, plan, thresholds, startClients, clientsMax, durationMs }: Capacity) {
  const held = thresholds.length === 0 ? "" : `, which had to hold ${thresholds.join(", ")}`;
  return `${describeProbes(probes)} of ${formatSeconds(probeMs)} with the plan ${plan}${held}; from ${formatCount(startClients)} up to ${formatCount(clientsMax)} subscribers; ${formatSeconds(durationMs)} in all.`;
}
