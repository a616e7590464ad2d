/** The host's monotonic clock. `process.hrtime.bigint()` counts the same for all processes of a host. */
import type { Clock } from "../../simulator/index.js";
import { clearTimeout, monotonicNs, setTimeout } from "./timers.js";

export const realClock: Clock = {
  nowNs: monotonicNs,
  schedule(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
