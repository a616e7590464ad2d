/** Whether the run can be trusted, and what would be needed to repeat it. */
import type { Summary } from "../../../schemas/index.js";
import { formatBytes, formatCount, formatMs, formatPercent, formatValue } from "../../core/format.js";
import { costRows } from "../describe-cost.js";
import { hostHead, hostRows } from "../hosts.js";
import { paragraph, section, table } from "../markup.js";

export function describeHealth(summary: Summary): string {
  const { generator, server, environment, seed, scenario, digest, target, ticks } = summary;
  const evidence =
    generator.evidence.length === 0
      ? "No evidence against the generator."
      : `Against the generator: ${generator.evidence.join("; ")}.`;
  const rows: (readonly [string, string])[] = [
    ["Generator processes", generator.workers === 0 ? "none of their own" : String(generator.workers)],
    ["Busiest second of a generator", formatPercent(generator.utilisationMax)],
    ["Without a processor", formatMs(generator.missedMs)],
    [
      "Latency of which no part can be the generator's",
      `p50 ${formatMs(generator.arrivalMs.p50)}, p99 ${formatMs(generator.arrivalMs.p99)}`,
    ],
    ["Memory of a generator", formatBytes(generator.rssBytesMax)],
    ...costRows(summary),
    ["Server more than a second late", `${server.slips} times`],
    [
      "Simulated seconds a second",
      server.speed === null ? "–" : `${server.speed} asked for, ${formatValue(server.speedAchieved)} achieved`,
    ],
    [
      "Ticks measured",
      `${formatCount(ticks.count)}, ${ticks.intervalMs === 0 ? "each event as one" : `every ${formatMs(ticks.intervalMs)}`}`,
    ],
    ["Seed and scenario", seed === null ? "unknown" : `${seed}, ${scenario ?? "unknown"}`],
    ["Digest of the stream", digest ?? "unknown"],
    ["Simulator", target.simulatorVersion ?? "unknown"],
    ["Machine", `${environment.cpuModel}, ${environment.cores} cores, ${formatBytes(environment.memoryBytes)}`],
    ["System", `${environment.platform}, Node ${environment.node}, ulimit -n ${environment.openFilesMax ?? "unknown"}`],
  ];
  return section(
    "Health and environment",
    paragraph(evidence),
    ...server.errors.map(paragraph),
    table({ caption: "Health and environment", head: ["What", "Found"], rows, words: [1] }),
    ...(generator.hosts.length === 0
      ? []
      : [table({ caption: "Agents", head: ["Agent", ...hostHead], rows: hostRows(summary) })]),
  );
}
