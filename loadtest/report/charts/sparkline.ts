/** One quantity over time, in a low chart of its own: several under one another share their time axis. */
import { formatClock } from "../../core/format.js";
import { type Box, columns, linearScale, line, lowBox, niceTicks, picture, rows } from "./axis.js";

export interface Sparkline {
  readonly id: string;
  readonly title: string;
  /** One value for each second. */
  readonly values: readonly number[];
  readonly label: (value: number) => string;
  /** A line to compare with. */
  readonly limit?: number;
}

const pointsMax = 720;

/** The largest value of each stretch, so that no peak gets lost. */
function thin(values: readonly number[]): (readonly [second: number, value: number])[] {
  const per = Math.max(1, Math.ceil(values.length / pointsMax));
  const points: (readonly [number, number])[] = [];
  for (let at = 0; at < values.length; at += per) points.push([at, Math.max(...values.slice(at, at + per))]);
  return points;
}

export function drawSparkline({ id, title, values, label, limit }: Sparkline): string {
  const box: Box = lowBox;
  const peak = Math.max(0, ...values);
  const ticks = niceTicks(Math.max(peak, limit ?? 0), 2);
  const end = Math.max(1, values.length);
  const x = linearScale(0, end, box.left, box.width - box.right);
  const y = linearScale(0, ticks[ticks.length - 1]!, box.height - box.bottom, box.top);
  const drawn = line(thin(values).map(([second, value]) => [x(second), y(value)] as const));
  const bound =
    limit === undefined
      ? ""
      : line(
          [
            [box.left, y(limit)],
            [box.width - box.right, y(limit)],
          ],
          "limit",
        );
  const times = columns(
    box,
    niceTicks(end, 6).filter((second) => second <= end && Number.isInteger(second)),
    x,
    formatClock,
  );
  return picture(box, id, title, `Highest: ${label(peak)}.`, rows(box, ticks, y, label) + times + bound + drawn);
}
