/** Scales, ticks and the frame that all charts of the report share. Plain SVG text, no script. */
import { escapeXml } from "../../core/escape-xml.js";

export interface Box {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const wideBox: Box = { width: 720, height: 280, left: 80, right: 36, top: 16, bottom: 40 };
export const lowBox: Box = { width: 720, height: 120, left: 80, right: 16, top: 12, bottom: 24 };

/** Maps a value to a coordinate. */
export type Scale = (value: number) => number;

export function linearScale(fromValue: number, toValue: number, from: number, to: number): Scale {
  const span = toValue - fromValue;
  return (value) => (span === 0 ? from : from + ((value - fromValue) / span) * (to - from));
}

/** Round numbers from 0 to at least the largest value, about `count` of them. */
export function niceTicks(max: number, count: number): number[] {
  if (!(max > 0)) return [0, 1];
  const raw = max / count;
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * magnitude).find((candidate) => candidate >= raw) ?? raw;
  const ticks: number[] = [];
  for (let at = 0; at <= Math.ceil(max / step - 1e-9); at += 1) ticks.push(Number((at * step).toPrecision(12)));
  return ticks;
}

export function text(
  x: number,
  y: number,
  content: string,
  anchor: "start" | "middle" | "end" = "middle",
  kind = "tick",
): string {
  return `<text class="${kind}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escapeXml(content)}</text>`;
}

/** Horizontal grid lines with their labels on the left. */
export function rows(box: Box, ticks: readonly number[], y: Scale, label: (value: number) => string): string {
  return ticks
    .map((tick) => {
      const at = y(tick).toFixed(1);
      return `<line class="grid" x1="${box.left}" x2="${box.width - box.right}" y1="${at}" y2="${at}"/>${text(box.left - 8, y(tick) + 4, label(tick), "end")}`;
    })
    .join("");
}

/** Labels under the chart. */
export function columns(box: Box, ticks: readonly number[], x: Scale, label: (value: number) => string): string {
  return ticks.map((tick) => text(x(tick), box.height - box.bottom + 18, label(tick))).join("");
}

export function line(points: readonly (readonly [number, number])[], kind = "line"): string {
  return `<polyline class="${kind}" points="${points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ")}"/>`;
}

/** A chart as a picture with a name and a description for those who do not see it. */
export function picture(box: Box, id: string, title: string, description: string, content: string): string {
  return `<svg viewBox="0 0 ${box.width} ${box.height}" role="img" aria-labelledby="${id}-title ${id}-text"><title id="${id}-title">${escapeXml(title)}</title><desc id="${id}-text">${escapeXml(description)}</desc>${content}</svg>`;
}
