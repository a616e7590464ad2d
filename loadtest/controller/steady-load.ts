/** A plan under a load that does not change, for one of many runs: those of a search for a capacity, or of an A/B test. */
import type { Plan } from "../../schemas/index.js";
import type { LoadtestOptions } from "../core/options.js";

/** So that its subscribers do not come all at once. */
const connectsPerSecond = 2000;
const rampMsMin = 200;

/**
 * The plan's subscribers, requests and thresholds.
 *
 * @param connected subscribers that are there already
 */
export function planSteadyLoad({ rest, ...plan }: Plan, clients: number, holdMs: number, connected = 0): Plan {
  const { saturate: _saturate, ...load } = rest ?? {};
  const rampMs = Math.round((Math.max(0, clients - connected) / connectsPerSecond) * 1000);
  return {
    ...plan,
    ...(rest !== undefined && { rest: load }),
    clients,
    stages: [
      { kind: "ramp", durationMs: Math.max(rampMsMin, rampMs) },
      { kind: "hold", durationMs: holdMs },
    ],
  };
}

/** What one of many runs shows: a bar where there is one, and no lines of its own. */
export function displayOfPart({ progress }: Pick<LoadtestOptions, "progress">): Pick<LoadtestOptions, "progress"> {
  return progress?.bar === undefined ? {} : { progress: { line: () => {}, bar: progress.bar.bind(progress) } };
}
