/**
 * Timelines of a running simulation: one that begins with a scenario, and one that goes on where the last process
 * stopped.
 */
import { describeValue } from "../../schemas/describe-value.js";
import type { Scenario } from "../../schemas/index.js";
import { didYouMean } from "../../schemas/suggest.js";
import {
  SIMULATOR_VERSION,
  ScenarioError,
  type Seek,
  type StreamDigest,
  type StreamDigestState,
  type Timeline,
  type TimelineSnapshot,
  type World,
  type WorldOptions,
  createStreamDigest,
  createTimeline,
  digestScenario,
  parseScenario,
  shippedScenarios,
} from "../../simulator/index.js";
import { StartError } from "../core/errors.js";
import { packBackfill } from "../store/backfill.js";
import type { Resume, Store } from "../store/store.js";

/** A timeline whose stream is fingerprinted. */
export type DigestedTimeline = Timeline<StreamDigest>;

/**
 * A scenario by its shipped name, or one of the caller's own, checked.
 *
 * @throws {StartError} for an unknown name, and for a scenario that cannot be played
 */
export function resolveScenario(scenario: string | Scenario): Scenario {
  if (typeof scenario === "string") {
    const shipped = shippedScenarios.get(scenario);
    if (shipped !== undefined) return shipped;
    const known = didYouMean(scenario, [...shippedScenarios.keys()], "Built-in scenarios");
    throw new StartError("badOption", `Unknown scenario ${describeValue(scenario)}. ${known}`, { option: "scenario" });
  }
  // A shipped one is held to its schema by a test.
  if (shippedScenarios.get(scenario.name) === scenario) return scenario;
  try {
    return parseScenario(scenario);
  } catch (cause) {
    if (!(cause instanceof ScenarioError)) throw cause;
    throw new StartError("badOption", cause.message, { cause, option: "scenario" });
  }
}

type Hash = (text: string) => string;

function create(
  world: WorldOptions,
  hash: Hash,
  resume?: { readonly snapshots: readonly TimelineSnapshot[] },
): DigestedTimeline {
  return createTimeline({
    world,
    observer: (state) =>
      createStreamDigest({ hash, ...(state !== undefined && { state: state as StreamDigestState }) }),
    ...(resume !== undefined && { resume }),
  });
}

/** Of the market that was begun last: a front end's tests begin the same one again and again. */
let lastBackfill: { readonly market: string; readonly rows: ReturnType<typeof packBackfill> } | undefined;

/** The day before a world's start, which follows from these three alone and is most of the work of a start. */
function backfillOf(world: World, scenarioDigest: string): ReturnType<typeof packBackfill> {
  const market = JSON.stringify([world.seed, world.startMs, scenarioDigest]);
  if (lastBackfill?.market !== market) lastBackfill = { market, rows: packBackfill(world.backfill()) };
  return lastBackfill.rows;
}

/** The timeline of a world at its first tick; the store is told where it begins, and given the day before it. */
export function beginTimeline(world: WorldOptions, hash: Hash, store: Store): DigestedTimeline {
  const timeline = create(world, hash);
  const { seed, scenario, startMs, tickMs } = timeline.world;
  const scenarioDigest = digestScenario(scenario, hash);
  store.begin({ seed, scenario: scenario.name, scenarioDigest, simulatorVersion: SIMULATOR_VERSION, startMs, tickMs });
  store.saveBackfill(backfillOf(timeline.world, scenarioDigest));
  return timeline;
}

/** Commands that a move through time reads at once. */
const logPage = 500;

/** Gives a move through time what it needs next of the command log. */
export async function feedSeek(seek: Seek, store: Store): Promise<void> {
  if (seek.wantsAfter !== undefined) seek.feed(await store.commands(seek.wantsAfter, logPage));
}

/** The timeline as it was when the last process stopped; what is stored already is only lived through again. */
export async function resumeTimeline(
  world: WorldOptions,
  hash: Hash,
  store: Store,
  { snapshots, lastTick, startMs, tickMs }: Resume,
): Promise<DigestedTimeline> {
  const timeline = create({ ...world, startMs, tickMs }, hash, { snapshots });
  // Whoever was killed at the very beginning may not have written all of the day before it; what is there stays.
  if (snapshots.length === 0)
    store.saveBackfill(backfillOf(timeline.world, digestScenario(timeline.world.scenario, hash)));
  const seek = timeline.seek(lastTick);
  while (!seek.done) {
    await feedSeek(seek, store);
    seek.run(Number.POSITIVE_INFINITY);
  }
  return timeline;
}
