/**
 * Latency over time as a heat map: a column for a stretch of time, a row for a latency class, the darker
 * the more deliveries. Averages hide a second bad half; this does not.
 */
import type { Summary } from "../../../schemas/index.js";
import { formatClock, formatCount } from "../../core/format.js";
import { type Box, columns, linearScale, niceTicks, picture, text, wideBox } from "./axis.js";

const columnsMax = 180;
const shades = 6;
const legendHeight = 16;

/** What the shades mean, at the right under the chart. */
function drawLegend(box: Box): string {
  const size = 12;
  const right = box.width - box.right;
  const top = box.height - 12;
  const left = right - 34 - shades * size;
  const cells = Array.from(
    { length: shades },
    (_, shade) =>
      `<rect class="heat heat-${shade + 1}" x="${left + shade * size}" y="${top}" width="${size}" height="${size}"/>`,
  );
  return text(left - 6, top + 10, "fewer deliveries", "end") + cells.join("") + text(right, top + 10, "more", "end");
}

/** Sums neighbouring seconds until they fit into the picture. */
function merge(seconds: Summary["timeline"]): { readonly heat: number[]; readonly second: number }[] {
  const per = Math.max(1, Math.ceil(seconds.length / columnsMax));
  const merged: { heat: number[]; second: number }[] = [];
  seconds.forEach(({ heat, second }, at) => {
    if (at % per === 0) merged.push({ heat: [...heat], second });
    else heat.forEach((count, place) => (merged[merged.length - 1]!.heat[place]! += count));
  });
  return merged;
}

export function drawHeatmap({ timeline, heatLimitsMs }: Pick<Summary, "timeline" | "heatLimitsMs">): string {
  const box: Box = { ...wideBox, height: wideBox.height + legendHeight, bottom: wideBox.bottom + legendHeight };
  const measured = timeline.filter(({ p50 }) => p50 !== null);
  const merged = merge(measured);
  const used = heatLimitsMs
    .map((_, place) => place)
    .concat(heatLimitsMs.length)
    .filter((place) => merged.some(({ heat }) => heat[place]! > 0));
  const first = Math.min(...used);
  const last = Math.max(...used);
  const most = Math.max(...merged.flatMap(({ heat }) => heat));
  const begin = measured[0]!.second;
  const end = measured[measured.length - 1]!.second + 1;
  const x = linearScale(begin, end, box.left, box.width - box.right);
  const y = linearScale(first, last + 1, box.height - box.bottom, box.top);
  const width = Math.max(1, (box.width - box.left - box.right) / merged.length);
  const cells = merged.flatMap(({ heat, second }) =>
    heat.map((count, place) => {
      if (count === 0) return "";
      const shade = Math.max(1, Math.ceil((Math.log(count + 1) / Math.log(most + 1)) * shades));
      const top = y(place + 1);
      return `<rect class="heat heat-${shade}" x="${x(second).toFixed(1)}" y="${top.toFixed(1)}" width="${width.toFixed(1)}" height="${(y(place) - top).toFixed(1)}"/>`;
    }),
  );
  const every = Math.max(1, Math.ceil((last - first + 1) / 8));
  const labels = heatLimitsMs
    .map((limit, place) => ({ limit, place }))
    .filter(({ place }) => place >= first && place <= last && (place - first) % every === 0)
    .map(({ limit, place }) => text(box.left - 8, y(place + 1) + 4, `${limit} ms`, "end"));
  const times = columns(
    box,
    niceTicks(end - begin, 6)
      .map((second) => begin + second)
      .filter((second) => second <= end && Number.isInteger(second)),
    x,
    formatClock,
  );
  const description = `${merged.length} columns; the darkest cell holds ${formatCount(most)} deliveries. The table of seconds below has the same in numbers.`;
  return picture(
    box,
    "heat",
    "Latency over time",
    description,
    cells.join("") + labels.join("") + times + drawLegend(box),
  );
}
