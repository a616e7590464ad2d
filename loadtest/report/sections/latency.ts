/** How long deliveries took, and what that rests on. */
import type { Summary } from "../../../schemas/index.js";
import { formatLatencyBasis, latencyCells, latencyHead } from "../../core/format.js";
import { drawHeatmap } from "../charts/heatmap.js";
import { drawPercentileCurve } from "../charts/percentile-curve.js";
import { chart, paragraph, section, table } from "../markup.js";

/** The charts alone; none where nothing was measured. */
export function drawLatency(
  summary: Pick<Summary, "latencyMs" | "spectrum" | "timeline" | "heatLimitsMs">,
): readonly string[] {
  if (summary.latencyMs.count === 0) return [];
  return [
    "<h3>By percentile</h3>",
    chart("Latency by percentile", drawPercentileCurve(summary)),
    "<h3>Over time</h3>",
    chart("Latency over time", drawHeatmap(summary)),
  ];
}

export function describeLatency(summary: Summary): string {
  const from =
    summary.target.oracle === "regenerated"
      ? "the tick's intended instant"
      : "the first arrival of the same event at any subscriber";
  const rows = [
    ["Delivery", ...latencyCells(summary.latencyMs)],
    ["Last subscriber", ...latencyCells(summary.completionMs)],
    ["Server began late by", ...latencyCells(summary.latenessMs)],
    ["First to last", ...latencyCells(summary.spreadMs)],
    ["From the payload's timestamp", ...latencyCells(summary.payloadLatencyMs)],
    ["Connecting", ...latencyCells(summary.connectMs)],
  ].filter((row) => row[6] !== "0");
  const head = ["Measured", ...latencyHead];
  const basis = formatLatencyBasis(summary);
  return section(
    "Latency",
    paragraph(`A delivery's latency counts from ${from} to its arrival. Nothing is averaged or synthesised.`),
    table({ caption: "Latency", head, rows }),
    ...(basis === "" ? [] : [paragraph(`${basis[0]!.toUpperCase()}${basis.slice(1)}.`)]),
    ...drawLatency(summary),
  );
}
