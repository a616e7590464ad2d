/** Which sector is looked at, and at which interval: part of the address. */
import { computed } from "@preact/signals";
import { type CandleInterval, candleIntervals } from "../../../schemas/candle-intervals.js";
import { sectors } from "../feed/market.js";
import { go, parameter } from "../permalink/address.js";

const sectorAsked = parameter("sector");
const intervalAsked = parameter("interval");

/** Id of the sector whose chart is open; it need not exist. */
export const selectedId = sectorAsked;
export const selected = computed(() => sectors.value.find(({ id }) => id === sectorAsked.value));
export const interval = computed<CandleInterval>(
  () => candleIntervals.find((each) => each === intervalAsked.value) ?? "1m",
);

export function selectSector(id: string | undefined): void {
  go({ view: undefined, sector: id, ...(id === undefined && { interval: undefined }) });
}

export function selectInterval(to: CandleInterval): void {
  go({ interval: to === "1m" ? undefined : to }, "replace");
}
