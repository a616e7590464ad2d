/** A line of the last values over their times, as wide and as high as its place. */
import type { Minute } from "../feed/history.js";

const width = 100;
const height = 100;

/** Points of the line in a square of 100 by 100, the largest value at the top; a level line lies in the middle. */
function toPoints(minutes: readonly Minute[], low: number, high: number): string[] {
  const [fromMs = 0, toMs = 0] = [minutes[0]?.atMs, minutes.at(-1)?.atMs];
  const span = high - low;
  return minutes.map(({ atMs, close }) => {
    const x = ((atMs - fromMs) / (toMs - fromMs)) * width;
    const y = span === 0 ? height / 2 : height - ((close - low) / span) * height;
    return `${x.toFixed(2)},${y.toFixed(2)}`;
  });
}

export interface SparklineProps {
  /** Oldest first, at rising times. */
  readonly minutes: readonly Minute[];
  /** A level to draw across, such as the opening value. @default none */
  readonly level?: number | undefined;
  /** Fills what lies below. @default false */
  readonly filled?: boolean;
}

/** Decoration: what it shows is said in words beside it. */
export function Sparkline({ minutes, level, filled = false }: SparklineProps) {
  if (minutes.length < 2) return <svg class="sparkline" aria-hidden="true" />;
  const values = minutes.map(({ close }) => close);
  const all = level === undefined ? values : [...values, level];
  const low = Math.min(...all);
  const high = Math.max(...all);
  const points = toPoints(minutes, low, high).join(" L");
  const levelAt = level === undefined || high === low ? undefined : height - ((level - low) / (high - low)) * height;
  return (
    <svg class="sparkline" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      {filled && <path class="area" d={`M${points} L${width},${height} L0,${height} Z`} />}
      {levelAt !== undefined && <path class="baseline" d={`M0,${levelAt} H${width}`} />}
      <path class="line" d={`M${points}`} />
    </svg>
  );
}
