/** The answer of GET /api/simulation. */
import type { Simulation as SimulationStatus } from "../../schemas/index.js";
import { formatInstant } from "../../schemas/instant.js";
import { type Pacer, SIMULATOR_VERSION } from "../../simulator/index.js";
import type { DigestedTimeline } from "./timelines.js";

/** What a running simulation consists of, at this moment. */
interface Present {
  readonly bootId: string;
  readonly scenarioDigest: string;
  readonly timeline: DigestedTimeline;
  readonly pacer: Pacer;
  readonly isSeeking: boolean;
  readonly resourceChanges: number;
  readonly nowNs: bigint;
  /** Of `nowNs`; undefined where it is exact. */
  readonly uncertaintyNs: number | undefined;
}

function stateOf({ playing, ended }: Pacer): SimulationStatus["state"] {
  if (ended) return "ended";
  return playing ? "playing" : "paused";
}

export function describeSimulation(present: Present): SimulationStatus {
  const { bootId, scenarioDigest, timeline, pacer, isSeeking, resourceChanges, nowNs, uncertaintyNs } = present;
  const { world, observer } = timeline;
  const { speed, speedAchieved, slips, anchors } = pacer;
  return {
    bootId,
    simulatorVersion: SIMULATOR_VERSION,
    seed: world.seed,
    scenario: world.scenario.name,
    scenarioDigest,
    start: formatInstant(world.startMs),
    tickMs: world.tickMs,
    speed,
    speedAchieved,
    state: isSeeking ? "seeking" : stateOf(pacer),
    tick: world.tick,
    time: formatInstant(world.nowMs),
    digest: observer.value,
    resourceChanges,
    slips,
    monotonicNs: String(nowNs),
    ...(uncertaintyNs !== undefined && { monotonicUncertaintyNs: uncertaintyNs }),
    anchors: anchors.map(({ fromTick, monotonicNs, intervalNs }) => ({
      fromTick,
      monotonicNs: String(monotonicNs),
      intervalNs,
    })),
  };
}
