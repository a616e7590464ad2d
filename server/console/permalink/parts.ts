/** A market's parts, as people read them. */
import { formatAge, formatDate, formatTime } from "../design/format.js";
import { type LinkedMarket, type Part, elapsedMs } from "./linked-market.js";

export const partNames: Readonly<Record<Part, string>> = {
  seed: "Seed",
  scenario: "Scenario",
  start: "Start",
  time: "Time",
  tickMs: "Tick",
  speed: "Speed",
};

/** @example formatPart({ speed: 10, ... }, "speed") // "10×" */
export function formatPart(market: LinkedMarket, part: Part): string {
  const value = market[part];
  if (value === undefined) return "–";
  switch (part) {
    case "start":
      return `${formatDate(Date.parse(String(value)))} ${formatTime(Date.parse(String(value)))}`;
    case "time": {
      const elapsed = elapsedMs(market);
      const time = formatTime(Date.parse(String(value)));
      return elapsed === undefined ? time : `${time}, ${formatAge(elapsed)} in`;
    }
    case "tickMs":
      return `${value}\u202fms`;
    case "speed":
      return `${value}×`;
    default:
      return String(value);
  }
}
