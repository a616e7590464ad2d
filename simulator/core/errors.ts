/** What can be wrong with what one gives to the simulator, as typed errors. A scenario's faults are in scenario/parse.ts. */
import { SIMULATOR_VERSION } from "./version.js";

/** A snapshot, log or digest state that belongs to another simulator version, or to another world. */
export class MismatchError extends Error {
  override readonly name = "MismatchError";
  /** What differs: `simulatorVersion`, `seed`, `scenario`, `start` or `tickMs`. */
  readonly field: string;
  readonly expected: string;
  readonly found: string;

  constructor(what: string, field: string, expected: string, found: string) {
    super(
      field === "simulatorVersion"
        ? `This ${what} was made by simulator version ${found} and this is version ${expected}; their paths differ, so start anew from the seed.`
        : `This ${what} belongs to another market: its ${field} is ${found}, not ${expected}.`,
    );
    this.field = field;
    this.expected = expected;
    this.found = found;
  }
}

/** What tells one world from another; the scenario goes by its name. */
export interface WorldIdentity {
  readonly simulatorVersion: string;
  readonly seed: string;
  readonly scenarioName: string;
  readonly startMs: number;
  readonly tickMs: number;
}

/** Throws a MismatchError unless both are of the same world and of this version. */
export function assertSameWorld(
  what: string,
  expected: Omit<WorldIdentity, "simulatorVersion">,
  found: WorldIdentity,
): void {
  const pairs: readonly (readonly [field: string, expected: string | number, found: string | number])[] = [
    ["simulatorVersion", SIMULATOR_VERSION, found.simulatorVersion],
    ["seed", expected.seed, found.seed],
    ["scenario", expected.scenarioName, found.scenarioName],
    ["start", expected.startMs, found.startMs],
    ["tickMs", expected.tickMs, found.tickMs],
  ];
  for (const [field, wanted, got] of pairs) {
    if (wanted !== got) throw new MismatchError(what, field, `${wanted}`, `${got}`);
  }
}

/** A command that was applied although the world refuses it: a bug of the caller, which must ask first. */
export class RefusedCommandError extends Error {
  override readonly name = "RefusedCommandError";
}
