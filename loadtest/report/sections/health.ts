/** Whether the run can be trusted, and what would be needed to repeat it. */
import type { Summary } from "../../../schemas/index.js";
import { formatBytes, formatCount, formatMs, formatPercent, formatValue } from "../../core/format.js";
import { paragraph, section, table } from "../markup.js";

export function describeHealth({
  generator,
  server,
  environment,
  seed,
  scenario,
  digest,
  target,
  ticks,
}: Summary): string {
  const evidence =
    generator.evidence.length === 0
      ? "No evidence against the generator."
      : `Against the generator: ${generator.evidence.join("; ")}.`;
  const rows: (readonly [string, string])[] = [
    ["Generator processes", generator.workers === 0 ? "none of their own" : String(generator.workers)],
    ["Busiest second of a generator", formatPercent(generator.utilisationMax)],
    ["Without a processor", formatMs(generator.missedMs)],
    ["Memory of a generator", formatBytes(generator.rssBytesMax)],
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
  );
}
