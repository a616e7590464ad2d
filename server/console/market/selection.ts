/** Which sector is looked at, and at which interval: part of the address. */
import { computed } from "@preact/signals";
import { sectors } from "../feed/market.js";
import { go, parameter } from "../permalink/address.js";

export const intervals = ["1s", "5s", "1m", "5m", "15m", "1h", "1d"] as const;
export type Interval = (typeof intervals)[number];

const sectorAsked = parameter("sector");
const intervalAsked = parameter("interval");

/** Id of the sector whose chart is open; it need not exist. */
export const selectedId = sectorAsked;
export const selected = computed(() => sectors.value.find(({ id }) => id === sectorAsked.value));
export const interval = computed<Interval>(() => intervals.find((each) => each === intervalAsked.value) ?? "1m");

export function selectSector(id: string | undefined): void {
  go({ view: undefined, sector: id, ...(id === undefined && { interval: undefined }) });
}

export function selectInterval(to: Interval): void {
  go({ interval: to === "1m" ? undefined : to }, "replace");
}
