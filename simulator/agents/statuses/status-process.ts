/**
 * How agents change their status: a semi-Markov process over idle, processing, active and error.
 *
 * The next status depends on the present one only; how long it lasts is lognormal. Time is the agents'
 * tempo, which runs faster in a nervous market, so one comparison a tick is all that a waiting agent costs.
 */
import { exp } from "../../numeric/exp-log.js";
import type { Stream } from "../../random/stream.js";

/** The statuses that agents take by themselves; a person may set others. */
export const statuses = ["idle", "processing", "active", "error"] as const;
export type Status = (typeof statuses)[number];

/** Probability of each next status, in the order of `statuses`. */
const transitions: Readonly<Record<Status, readonly number[]>> = {
  idle: [0, 0.68, 0.32, 0],
  processing: [0.25, 0, 0.72, 0.03],
  active: [0.44, 0.54, 0, 0.02],
  error: [0.4, 0.6, 0, 0],
};

/** Mean dwell times relative to each other. */
const meanDwell: Readonly<Record<Status, number>> = { idle: 26, processing: 16, active: 46, error: 12 };

/** Standard deviation of a dwell time's logarithm. */
const spread = 0.7;

/** How often each status is entered, as shares of all changes. */
const visits = findVisits();

/** Mean of all dwell times, in the units of `meanDwell`. */
const meanOfAll = statuses.reduce((sum, status, i) => sum + visits[i]! * meanDwell[status], 0);

/** Share of the time that an agent spends in each status, in the order of `statuses`. */
export const timeShares: readonly number[] = statuses.map((status, i) => (visits[i]! * meanDwell[status]) / meanOfAll);

/** Variance of a dwell time of any status over the square of its mean: what makes counts of changes vary. */
export const dwellDispersion =
  (exp(spread * spread) *
    statuses.reduce((sum, status, i) => sum + visits[i]! * meanDwell[status] * meanDwell[status], 0)) /
    (meanOfAll * meanOfAll) -
  1;

function findVisits(): readonly number[] {
  let shares: readonly number[] = statuses.map(() => 1 / statuses.length);
  // The chain forgets its start by a factor of about two a round; half of the old shares damps its oscillation.
  for (let round = 0; round < 200; round += 1) {
    const before = shares;
    shares = statuses.map(
      (_, to) =>
        0.5 * before[to]! + 0.5 * statuses.reduce((sum, from, i) => sum + before[i]! * transitions[from][to]!, 0),
    );
  }
  return shares;
}

function isOwn(status: string): status is Status {
  return Object.hasOwn(transitions, status);
}

function pick(shares: readonly number[], uniform: number): Status {
  let rest = uniform;
  let picked: Status = statuses[0];
  for (const [i, status] of statuses.entries()) {
    const share = shares[i]!;
    // A status of share 0 is never picked, not even for what rounding leaves at the end.
    if (share > 0) picked = status;
    rest -= share;
    if (rest < 0) break;
  }
  return picked;
}

/** A tempo time that never comes; finite, because it goes through JSON. */
export const never: number = Number.MAX_SAFE_INTEGER;

/** The process at a given mean rate. Draws are fixed in number: one for a choice, one for a duration. */
export class StatusProcess {
  readonly #secondsPerUnit: number;

  /** @param changesPerMinute mean rate of one agent's changes while the tempo is 1; zero: it never changes. */
  constructor(changesPerMinute: number) {
    this.#secondsPerUnit = changesPerMinute > 0 ? 60 / (changesPerMinute * meanOfAll) : Number.NaN;
  }

  /** A status found at a random moment, and how much of it is left: the process began long ago. */
  begin(stream: Stream): { readonly status: Status; readonly seconds: number } {
    const status = pick(timeShares, stream.uniform());
    // A moment falls into a long dwell more likely than into a short one; biased by length, a lognormal
    // duration is lognormal again with its logarithm moved up by the variance.
    const whole = this.#seconds(status, stream.normal()) * exp(spread * spread);
    const left = whole * stream.uniform();
    return { status, seconds: left < never ? left : never };
  }

  /** The status after `status`. */
  next(status: string, stream: Stream): Status {
    const uniform = stream.uniform();
    return isOwn(status) ? pick(transitions[status], uniform) : "idle";
  }

  /** How long a status lasts that begins now. A status that is not the process's own lasts until somebody changes it. */
  dwell(status: string, stream: Stream): number {
    const seconds = isOwn(status) ? this.#seconds(status, stream.normal()) : never;
    return seconds < never ? seconds : never;
  }

  #seconds(status: Status, normal: number): number {
    return meanDwell[status] * this.#secondsPerUnit * exp(spread * normal - 0.5 * spread * spread);
  }
}

/**
 * How fast the agents' time runs: statuses change at the square root of the market's stress.
 *
 * The root, and the bounds, keep a crash from turning statuses into a flicker that nobody can read.
 */
export function tempoAt(stress: number): number {
  const root = Math.sqrt(stress);
  return root > 2.5 ? 2.5 : root > 0.5 ? root : 0.5;
}
