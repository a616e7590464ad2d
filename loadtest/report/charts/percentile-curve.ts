/** Latency by percentile. The axis stretches towards 100 %: each nine takes the same width. */
import type { Summary } from "../../../schemas/index.js";
import { formatMs } from "../../core/format.js";
import { linearScale, line, niceTicks, picture, rows, text, wideBox } from "./axis.js";

const labelled: readonly number[] = [0, 50, 90, 99, 99.9, 99.99, 99.999];
const named: ReadonlySet<number> = new Set([50, 99, 99.9]);

const labelHeight = 14;

/** How many nines: 90 % is one, 99 % two. */
function nines(percentile: number): number {
  return -Math.log10(1 - percentile / 100);
}

export function drawPercentileCurve({ spectrum, latencyMs }: Pick<Summary, "spectrum" | "latencyMs">): string {
  const box = wideBox;
  const inner = spectrum.filter(({ percentile }) => percentile < 100);
  const max = latencyMs.max ?? 0;
  const furthest = Math.max(2, ...inner.map(({ percentile }) => nines(percentile)));
  const x = linearScale(0, furthest, box.left, box.width - box.right);
  const ticks = niceTicks(max, 5);
  const y = linearScale(0, ticks[ticks.length - 1]!, box.height - box.bottom, box.top);
  const points = inner.map(({ percentile, latencyMs: value }) => [x(nines(percentile)), y(value)] as const);
  const marks = spectrum
    .filter(({ percentile }) => named.has(percentile))
    .map(({ percentile, latencyMs: value }) => {
      const at = x(nines(percentile));
      // Above its dot, but below one that lies at the top.
      const baseline = y(value) < box.top + labelHeight ? y(value) + labelHeight + 4 : y(value) - 10;
      return `<circle class="dot" cx="${at.toFixed(1)}" cy="${y(value).toFixed(1)}" r="4"/>${text(Math.max(at - 4, box.left + 96), baseline, `p${percentile}: ${formatMs(value)}`, "end", "label")}`;
    });
  const below = labelled
    .filter((percentile) => nines(percentile) <= furthest + 1e-9)
    .map((percentile) => text(x(nines(percentile)), box.height - box.bottom + 18, `${percentile} %`));
  const description = `Half of the deliveries took at most ${formatMs(latencyMs.p50)}, 99 % at most ${formatMs(latencyMs.p99)}, the slowest ${formatMs(latencyMs.max)}.`;
  return picture(
    box,
    "spectrum",
    "Latency by percentile",
    description,
    rows(box, ticks, y, (value) => `${value} ms`) + below.join("") + line(points) + marks.join(""),
  );
}
