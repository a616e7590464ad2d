/** A figure by number of subscribers, in a chart of its own: those of one search share their axis. It is logarithmic, as the search is. */
import { formatCount } from "../../core/format.js";
import { type Box, linearScale, line, niceTicks, picture, rows, text } from "./axis.js";

export interface CapacityCurve {
  readonly id: string;
  readonly title: string;
  readonly label: (value: number) => string;
  /** The fewest subscribers first; null where nothing was measured. */
  readonly points: readonly { readonly clients: number; readonly value: number | null }[];
  /** The most that passed; 0 where nothing did. */
  readonly clients: number;
  /** The fewest above that failed. */
  readonly failedClients: number | null;
}

const box: Box = { width: 720, height: 170, left: 80, right: 36, top: 28, bottom: 28 };
const tickGapMin = 56;

function vertical(x: number, kind: string): string {
  return `<line class="${kind}" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${box.top}" y2="${box.height - box.bottom}"/>`;
}

/** @returns an empty text where nothing was measured */
export function drawCapacityCurve({ id, title, label, points, clients, failedClients }: CapacityCurve): string {
  const known = points.flatMap((point) =>
    point.value === null ? [] : [{ clients: point.clients, value: point.value }],
  );
  if (known.length === 0) return "";
  const counts = points.map((point) => point.clients);
  const scale = linearScale(Math.log(counts[0]!), Math.log(counts.at(-1)!), box.left, box.width - box.right);
  const x = (count: number): number => scale(Math.log(count));
  const ticks = niceTicks(Math.max(...known.map(({ value }) => value)), 3);
  const y = linearScale(0, ticks.at(-1)!, box.height - box.bottom, box.top);
  let lastX = -Infinity;
  const below = counts.map((count) => {
    if (x(count) - lastX < tickGapMin) return "";
    lastX = x(count);
    return text(lastX, box.height - box.bottom + 18, formatCount(count));
  });
  const drawn = known.map((point) => [x(point.clients), y(point.value)] as const);
  const dots = drawn.map(
    ([at, height]) => `<circle class="dot" cx="${at.toFixed(1)}" cy="${height.toFixed(1)}" r="4"/>`,
  );
  const held = clients === 0 ? "" : vertical(x(clients), "line");
  const failed = failedClients === null ? "" : vertical(x(failedClients), "limit");
  const description = known
    .map((point) => `${formatCount(point.clients)} subscribers: ${label(point.value)}`)
    .join("; ");
  return picture(
    box,
    id,
    title,
    `${description}.`,
    [
      rows(box, ticks, y, label),
      text(box.left, 16, title, "start", "label"),
      below.join(""),
      held,
      failed,
      line(drawn),
      dots.join(""),
    ].join(""),
  );
}
