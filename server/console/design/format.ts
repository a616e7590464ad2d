/** Numbers and times as the console writes them. Times are UTC, because the market's are. */

const price = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const signed = new Intl.NumberFormat("en", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: "exceptZero",
});

/** @example formatPrice(15235.05) // "15,235.05" */
export const formatPrice = (value: number): string => price.format(value);

/** With a sign, and a true minus. @example formatSigned(-0.5) // "−0.50" */
export const formatSigned = (value: number): string => signed.format(value).replace("-", "\u2212");

/** @example formatPercent(0.12) // "+0.12 %" */
export const formatPercent = (percent: number): string => `${formatSigned(percent)}\u202f%`;

/** @example formatTime(Date.UTC(2026, 0, 5, 14, 30)) // "14:30:00" */
export const formatTime = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

/** @example formatDate(Date.UTC(2026, 0, 5)) // "2026-01-05" */
export const formatDate = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Characters as the server counts them: an emoji is one, and two of `length`. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** In the largest unit that says enough. @example formatAge(192_000) // "3 min" */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}\u202fs`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}\u202fmin`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}\u202fh ${Math.floor((seconds % 3600) / 60)}\u202fmin`;
  return `${Math.floor(seconds / 86_400)}\u202fd`;
}
