/** The host's monotonic clock. `process.hrtime.bigint()` counts the same for all processes of a host. */
import type { Clock } from "../simulator/index.js";

export const realClock: Clock = {
  nowNs: () => process.hrtime.bigint(),
  schedule(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
