/** The tables of a comparison, the same on the screen, in Markdown and on the page. */
import type { Comparison, ComparisonSide } from "../../../schemas/index.js";
import { describeChange } from "../../comparison/conclusion.js";
import type { RatioRow } from "../charts/intervals.js";
import { formatCount, formatMs, formatRatio, formatValue } from "../../core/format.js";

export const percentileHead = ["latency", "old", "new", "ratio", "interval", "change"] as const;

export function percentileRows({ percentiles }: Comparison): string[][] {
  return percentiles.map((one) => [
    one.path.slice(one.path.lastIndexOf(".") + 1),
    formatMs(one.oldMs),
    formatMs(one.newMs),
    one.ratio === null ? "–" : formatRatio(one.ratio),
    one.ratioMin === null || one.ratioMax === null
      ? "–"
      : `${formatRatio(one.ratioMin)} to ${formatRatio(one.ratioMax)}`,
    describeChange(one),
  ]);
}

/** For the picture: those that have an interval. */
export function ratioRows({ percentiles }: Comparison): RatioRow[] {
  return percentiles.flatMap(({ path, ratio, ratioMin, ratioMax, change }) => {
    if (ratio === null || ratioMin === null || ratioMax === null) return [];
    return { label: path.slice(path.lastIndexOf(".") + 1), ratio, ratioMin, ratioMax, isWorse: change === "slower" };
  });
}

export const figureHead = ["without an interval", "old", "new"] as const;

/** Those that were measured on either side. */
export function figureRows({ figures }: Comparison): string[][] {
  const measured = figures.filter((figure) => figure.old !== null || figure.new !== null);
  return measured.map((figure) => [figure.path, formatValue(figure.old), formatValue(figure.new)]);
}

export const differenceHead = ["differs", "old", "new"] as const;

export function differenceRows({ differences }: Comparison): string[][] {
  return differences.map(({ what, old, new: changed }) => [what, old, changed]);
}

/** The first line where the runs differ in more than the build; empty where they do not. */
export function describeDifferences({ differences }: Comparison): string {
  if (differences.length === 0) return "";
  return `Not only the build differs: ${differences.map(({ what }) => what).join(", ")}.`;
}

export function describeSide({ folder, runs, measuredSeconds, version, startedAt }: ComparisonSide): string {
  const count = runs === 1 ? "" : `${formatCount(runs)} runs, `;
  return `${folder === "" ? "this run" : folder} (${count}${formatCount(measuredSeconds)} s measured, max-harness ${version}, ${startedAt})`;
}

/** What the intervals rest on, and how to learn more. */
export function describeBasis({ confidence, runNoise, old, new: changed }: Comparison): string {
  const single = old.runs === 1 && changed.runs === 1;
  const advice = single ? " Several runs on each side, in turns, make them narrower." : "";
  return `All intervals hold with ${Math.round(confidence * 100)} %. They include ${(runNoise * 100).toFixed(1)} % by which equal builds differ from run to run on shared machines.${advice}`;
}
