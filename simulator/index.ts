/** The pure simulated world, as a library: `max-harness/simulator`. */
export type * from "./core/types.js";
export type { Clock } from "./pacing/clock.js";
export { ClockBounds, type ClockReading, type Difference, driftMax } from "./pacing/clock-bounds.js";
export { SIMULATOR_VERSION } from "./core/version.js";
export { shiftSnapshot } from "./history/shift-snapshot.js";
export { createWorld, restoreWorld, tickMsMax, tickMsMin } from "./world/world.js";
export { sectorDefaults } from "./market/sector.js";
export { indexEntity } from "./world/world-events.js";
export { MismatchError, RefusedCommandError } from "./core/errors.js";
export { type CompleteScenario, completeScenario, digestScenario } from "./scenario/complete.js";
export type { ScenarioProblem } from "./scenario/explain.js";
export { ScenarioError, parseScenario } from "./scenario/parse.js";
export { defaultScenarioName, shippedScenarios } from "./scenarios/index.js";
export { roundPrice } from "./numeric/price.js";
export { eventLine } from "./core/event-line.js";
export {
  type StreamDigest,
  type StreamDigestOptions,
  type StreamDigestState,
  createStreamDigest,
} from "./history/stream-digest.js";
export { type Anchor, type FollowedPace, type Pacer, type PacerOptions, createPacer } from "./pacing/pacer.js";
export { type ManualClock, createManualClock } from "./pacing/manual-clock.js";
export { type Played, playLog } from "./history/command-log.js";
export {
  type Replay,
  type Seek,
  type Timeline,
  type TimelineObserver,
  type TimelineOptions,
  type TimelineSnapshot,
  createTimeline,
} from "./history/timeline.js";
export { type Bucket, rollUp } from "./market/roll-up.js";
export { type Expectation, forecast } from "./forecast/forecast.js";
