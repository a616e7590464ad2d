/** A line of the last values, as wide and as high as its place. */

const width = 100;
const height = 100;

/** Points of the line in a square of 100 by 100, the largest value at the top; a level line lies in the middle. */
function toPoints(values: readonly number[], low: number, high: number): string[] {
  const step = width / Math.max(1, values.length - 1);
  const span = high - low;
  return values.map((value, at) => {
    const y = span === 0 ? height / 2 : height - ((value - low) / span) * height;
    return `${(at * step).toFixed(2)},${y.toFixed(2)}`;
  });
}

export interface SparklineProps {
  readonly values: readonly number[];
  /** A level to draw across, such as the opening value. @default none */
  readonly level?: number;
  /** Fills what lies below. @default false */
  readonly filled?: boolean;
}

/** Decoration: what it shows is said in words beside it. */
export function Sparkline({ values, level, filled = false }: SparklineProps) {
  if (values.length < 2) return <svg class="sparkline" aria-hidden="true" />;
  const all = level === undefined ? values : [...values, level];
  const low = Math.min(...all);
  const high = Math.max(...all);
  const points = toPoints(values, low, high).join(" L");
  const levelAt = level === undefined || high === low ? undefined : height - ((level - low) / (high - low)) * height;
  return (
    <svg class="sparkline" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      {filled && <path class="area" d={`M${points} L${width},${height} L0,${height} Z`} />}
      {levelAt !== undefined && <path class="baseline" d={`M0,${levelAt} H${width}`} />}
      <path class="line" d={`M${points}`} />
    </svg>
  );
}
