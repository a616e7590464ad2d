/** Ratios with their intervals, a row each, on an axis on which half and double lie equally far from 1. */
import { formatFactor } from "../../core/format.js";
import { type Box, linearScale, picture, text } from "./axis.js";

const rowHeight = 44;
const marks: readonly number[] = [0.1, 0.2, 0.5, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 5, 10];
/** Of the axis, at least: small differences are not to look large. */
const ratioSpanMin = 1.3;
/** Of the axis, at most: what lies beyond ends at its border, and is in the table. */
const ratioSpanMax = 12;
const tickGapMin = 48;
const leftMin = 80;
/** Of a label, about. */
const letterWidth = 7.6;

export interface RatioRow {
  readonly label: string;
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
  /** In the colour of what is wrong. */
  readonly isWorse: boolean;
}

/** @returns an empty text where there is no row */
export function drawIntervals(title: string, rowsToDraw: readonly RatioRow[]): string {
  if (rowsToDraw.length === 0) return "";
  const left = Math.max(leftMin, ...rowsToDraw.map(({ label }) => label.length * letterWidth + 8));
  const box: Box = { width: 720, height: rowsToDraw.length * rowHeight + 56, left, right: 36, top: 16, bottom: 40 };
  const furthest = rowsToDraw.flatMap(({ ratioMin, ratioMax }) => [1 / ratioMin, ratioMax]);
  const span = Math.log(Math.min(ratioSpanMax, Math.max(ratioSpanMin, ...furthest) * 1.05));
  const scale = linearScale(-span, span, box.left, box.width - box.right);
  const x = (ratio: number): number => scale(Math.max(-span, Math.min(span, Math.log(ratio))));
  const bottom = box.height - box.bottom;
  const ticks = marks
    .filter((ratio) => Math.abs(Math.log(ratio)) <= span)
    .filter((ratio) => ratio === 1 || Math.abs(x(ratio) - x(1)) >= tickGapMin)
    .filter(
      (ratio, at, all) => at === 0 || all[at - 1]! >= 1 || x(ratio) - x(all[at - 1]!) >= tickGapMin || ratio === 1,
    );
  const grid = ticks.map((ratio) => {
    const at = x(ratio).toFixed(1);
    const kind = ratio === 1 ? "line" : "grid";
    return `<line class="${kind}" x1="${at}" x2="${at}" y1="${box.top}" y2="${bottom}"/>${text(x(ratio), bottom + 18, formatFactor(ratio))}`;
  });
  const rows = rowsToDraw.map(({ label, ratio, ratioMin, ratioMax, isWorse }, at) => {
    const y = box.top + rowHeight * (at + 0.6);
    const kind = isWorse ? "limit" : "grid";
    const words = `${formatFactor(ratio)} (${formatFactor(ratioMin)} to ${formatFactor(ratioMax)})`;
    return [
      text(box.left - 8, y + 4, label, "end", "label"),
      `<line class="interval ${kind}" x1="${x(ratioMin).toFixed(1)}" x2="${x(ratioMax).toFixed(1)}" y1="${y}" y2="${y}"/>`,
      `<circle class="dot" cx="${x(ratio).toFixed(1)}" cy="${y}" r="5"/>`,
      text(x(ratio), y - 10, words, "middle", "label"),
    ].join("");
  });
  const description = rowsToDraw
    .map(
      ({ label, ratio, ratioMin, ratioMax }) =>
        `${label}: ${formatFactor(ratio)}, ${formatFactor(ratioMin)} to ${formatFactor(ratioMax)}`,
    )
    .join("; ");
  return picture(box, "ratios", title, `${description}.`, grid.join("") + rows.join(""));
}
