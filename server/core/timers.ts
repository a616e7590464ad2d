/**
 * The process's own timers and clocks, which go on when a test has faked the global ones.
 *
 * A front end's test runs a server beside fake timers (`vi.useFakeTimers()`): a server that used the global ones
 * would stand still. The bindings of Node's modules are never faked; what has no module is taken at import.
 */
import { performance } from "node:perf_hooks";

export { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } from "node:timers";

const { hrtime } = process;
const { now } = Date;

/** Milliseconds of a clock that never runs backwards. */
export function monotonicMs(): number {
  return performance.now();
}

/** Nanoseconds of a clock that never runs backwards and counts the same for all processes of a host. */
export function monotonicNs(): bigint {
  return hrtime.bigint();
}

/** Milliseconds since the epoch. */
export function wallClockMs(): number {
  return now();
}
