/**
 * The version of the simulated path: equal versions give equal bytes for equal seed, scenario, start, tickMs and commands.
 *
 * Whatever moves a single byte of any event is a breaking change: it raises this number and renews the golden digests.
 */
export const SIMULATOR_VERSION: string = "1";
