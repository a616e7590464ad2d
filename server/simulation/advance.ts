/** How a market with a manual clock is moved on. */
import { QuantityError, parseDuration } from "../../schemas/index.js";
import { StartError } from "../core/errors.js";
import type { SimulationHost } from "./simulation-host.js";

/** Hands out whole ticks of simulated time, and keeps what is less than one for the next time. */
export function createAdvance(
  simulation: SimulationHost,
  isClosed: () => boolean,
): (duration: string | number) => void {
  let restMs = 0;
  return (duration) => {
    if (!simulation.isManual) throw new StartError("badOption", 'advance() needs startMax({ clock: "manual" }).');
    if (isClosed()) throw new StartError("badOption", "advance(): this server is closed. Start another one.");
    const { tickMs } = simulation.world;
    const ms = typeof duration === "number" ? duration : parse(duration);
    if (!(ms >= 0 && Number.isFinite(ms)))
      throw new StartError(
        "badOption",
        `advance(${duration}): the duration must be 0 or more. Pass something like "1m", or milliseconds.`,
      );
    restMs += ms;
    const ticks = Math.floor(restMs / tickMs);
    restMs -= ticks * tickMs;
    simulation.advance(ticks);
  };
}

function parse(duration: string): number {
  try {
    return parseDuration(duration);
  } catch (cause) {
    if (!(cause instanceof QuantityError)) throw cause;
    throw new StartError("badOption", `advance(): ${cause.message}.`, { cause });
  }
}
