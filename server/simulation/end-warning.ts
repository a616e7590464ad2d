/** What is logged at the end of time. */
import type { Logger } from "../core/logger.js";
import type { SimulationHost } from "./simulation-host.js";

/** Warns when the market has come to the last tick that a timestamp can name. */
export function warnAtEnd(simulation: SimulationHost, logger: Logger): void {
  let hasEnded = false;
  function check(): void {
    const { state, time } = simulation.status();
    if (state === "ended" && !hasEnded) {
      logger.warn({ time }, "the market has reached the end of the year 9999 and stops; seek back or reset it");
    }
    hasEnded = state === "ended";
  }
  check();
  simulation.onChange(check);
}
