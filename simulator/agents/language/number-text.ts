/**
 * Figures as agents write them: no locale, no grouping, a point for the decimals.
 *
 * `toFixed` is exact by its specification, so every engine writes the same digits.
 */

/** @example price(1250.5) // "1250.50" */
export function price(value: number): string {
  return value.toFixed(2);
}

/** @example signed(-0.834) // "-0.83%" */
export function signed(percent: number): string {
  const text = percent.toFixed(2);
  if (text === "0.00" || text === "-0.00") return "0.00%";
  return percent > 0 ? `+${text}%` : `${text}%`;
}

/** @example size(-0.834) // "0.83%" */
export function size(percent: number): string {
  return `${Math.abs(percent).toFixed(2)}%`;
}

/** Steps between round prices, within a power of ten. */
const steps: readonly number[] = [1, 2, 5, 10];

function stepNear(value: number): number {
  const wanted = value * 0.003;
  let scale = 0.01;
  while (scale * 10 < wanted) scale *= 10;
  return scale * (steps.find((step) => step * scale >= wanted) ?? 10);
}

/** The round prices above and below one, as people draw them into charts. */
export function roundLevels(value: number): { readonly above: string; readonly below: string } {
  const step = stepNear(value);
  const decimals = step < 1 ? 2 : 0;
  // Not so near that the price has as good as passed it.
  const above = (Math.floor(value / step + 0.25) + 1) * step;
  const below = (Math.floor(value / step + 0.75) - 1) * step;
  return { above: above.toFixed(decimals), below: (below > 0 ? below : value / 2).toFixed(decimals) };
}

/** The hour and minute of an instant, UTC. */
export function clockTime(epochMs: number): string {
  const minutes = Math.floor(epochMs / 60_000);
  const minute = minutes % 60;
  const hour = Math.floor(minutes / 60) % 24;
  return `${hour < 10 ? "0" : ""}${hour}:${minute < 10 ? "0" : ""}${minute}`;
}
