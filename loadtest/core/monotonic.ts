/**
 * The host's monotonic clock in milliseconds: the same for all processes of a host, as the anchors of
 * the simulation are. `performance.now()` alone counts from each process's own start.
 */

/** Whoever is interrupted between the two readings finds too little. */
const originMs = Math.max(
  ...Array.from({ length: 5 }, () => Number(process.hrtime.bigint()) / 1e6 - performance.now()),
);

export function monotonicMs(): number {
  return originMs + performance.now();
}

/** Nanoseconds as a decimal string, as the API gives them, in milliseconds. */
export function nanosecondsToMs(nanoseconds: string): number {
  return Number(BigInt(nanoseconds)) / 1e6;
}
