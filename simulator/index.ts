/** The pure simulated world, as a library: `max-harness/simulator`. */
export type * from "./types.js";
export type { Broadcaster } from "./broadcaster.js";
export type { Clock } from "./clock.js";
export { SIMULATOR_VERSION } from "./version.js";
export { shiftSnapshot } from "./shift-snapshot.js";
export { createWorld, restoreWorld, tickMsMax, tickMsMin } from "./world.js";
export { sectorDefaults } from "./market/sector.js";
export { indexEntity } from "./world-events.js";
export { MismatchError, RefusedCommandError } from "./errors.js";
export { type CompleteScenario, completeScenario, digestScenario } from "./scenario/complete.js";
export type { ScenarioProblem } from "./scenario/explain.js";
export { ScenarioError, parseScenario } from "./scenario/parse.js";
export { defaultScenarioName, shippedScenarios } from "./scenarios/index.js";
export { roundPrice } from "./numeric/price.js";
export { eventLine } from "./event-line.js";
export {
  type StreamDigest,
  type StreamDigestOptions,
  type StreamDigestState,
  createStreamDigest,
} from "./stream-digest.js";
export { broadcastBatch } from "./broadcast-batch.js";
export { type Anchor, type Pacer, type PacerOptions, createPacer } from "./pacer.js";
export { type ManualClock, createManualClock } from "./manual-clock.js";
export { type CommandLog, type Played, playLog } from "./command-log.js";
export {
  type Seek,
  type Timeline,
  type TimelineObserver,
  type TimelineOptions,
  type TimelineSnapshot,
  createTimeline,
} from "./timeline.js";
export { type Bucket, rollUp } from "./roll-up.js";
export { type Expectation, forecast } from "./forecast.js";
