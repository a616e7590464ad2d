/** One figure of all rounds over time, each round as the name of its server; the rounds of B are joined by a line. */
import { type Box, columns, linearScale, line, niceTicks, picture, rows, text } from "./axis.js";

export interface RoundPoint {
  readonly atMs: number;
  readonly value: number;
  /** Of its server. */
  readonly name: string;
  readonly isCompared: boolean;
}

export interface RoundsChart {
  readonly title: string;
  readonly label: (value: number) => string;
  readonly points: readonly RoundPoint[];
}

const box: Box = { width: 720, height: 240, left: 80, right: 36, top: 32, bottom: 36 };
const msPerMinute = 60_000;

/** @returns an empty text where nothing was measured */
export function drawRounds({ title, label, points }: RoundsChart): string {
  if (points.length === 0) return "";
  const times = niceTicks(Math.max(...points.map(({ atMs }) => atMs)) / msPerMinute, 6);
  const values = niceTicks(Math.max(...points.map(({ value }) => value)), 4);
  const x = linearScale(0, times.at(-1)!, box.left + 12, box.width - box.right);
  const y = linearScale(0, values.at(-1)!, box.height - box.bottom, box.top);
  const at = ({ atMs, value }: RoundPoint) => [x(atMs / msPerMinute), y(value)] as const;
  const compared = line(points.filter(({ isCompared }) => isCompared).map(at));
  const names = points.map((point) => text(at(point)[0], at(point)[1] + 4, point.name, "middle", "label"));
  const description = points.map(({ name, value }) => `${name}: ${label(value)}`).join("; ");
  return picture(
    box,
    "rounds",
    title,
    `${description}.`,
    [
      rows(box, values, y, label),
      columns(box, times, x, (minutes) => `${minutes} min`),
      text(box.left, 16, title, "start", "label"),
      compared,
      names.join(""),
    ].join(""),
  );
}
