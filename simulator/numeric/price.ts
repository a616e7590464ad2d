/**
 * Prices as they leave the simulator: rounded to 0.01, at least 0.01.
 *
 * The rounded value never goes back into the model, so rounding leaves no trace in the path.
 */
export function roundPrice(price: number): number {
  const cents = Math.round(price * 100);
  return cents < 1 ? 0.01 : cents / 100;
}
