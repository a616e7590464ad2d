/** How far a price has moved since its session opened. No price is below 0.01. */
export interface PriceChange {
  readonly change: number;
  readonly changePercent: number;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

export function priceChange(open: number, value: number): PriceChange {
  const change = round2(value - open);
  return { change, changePercent: round2((change / open) * 100) };
}
