/** How strongly a change colours its tile: against the largest change of the moment, so that a quiet market has colours, too. */
import { computed } from "@preact/signals";
import { sectors } from "../feed/market.js";

const steps = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100] as const;

export function percentOf(value: number, open: number): number {
  return open === 0 ? 0 : (100 * (value - open)) / open;
}

/** The round percentage, up or down, at which a tile has its full colour. */
export const fullColourPercent = computed(() => {
  let largest = 0;
  for (const { facts, quote } of sectors.value) {
    largest = Math.max(largest, Math.abs(percentOf(quote.value.value, facts.open)));
  }
  return steps.find((step) => step >= largest) ?? steps.at(-1)!;
});

/**
 * Share of the full colour in percent: the root of the change's share, so that small ones show, in a few steps,
 * so that a tile is not restyled at every tick.
 */
export function heatOf(percent: number): number {
  return Math.min(100, Math.round(Math.sqrt(Math.abs(percent) / fullColourPercent.value) * 10) * 10);
}
