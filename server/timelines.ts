/** Timelines of a running simulation: one that begins, and one that goes on where the last process stopped. */
import {
  type CommandLog,
  SIMULATOR_VERSION,
  type StreamDigest,
  type StreamDigestState,
  type Timeline,
  type TimelineSnapshot,
  type WorldOptions,
  createStreamDigest,
  createTimeline,
  digestScenario,
} from "../simulator/index.js";
import type { Resume, Store } from "./store/store.js";

/** A timeline whose stream is fingerprinted. */
export type DigestedTimeline = Timeline<StreamDigest>;

type Hash = (text: string) => string;

function create(
  world: WorldOptions,
  hash: Hash,
  resume?: { readonly snapshots: readonly TimelineSnapshot[]; readonly log: CommandLog },
): DigestedTimeline {
  return createTimeline({
    world,
    observer: (state) =>
      createStreamDigest({ hash, ...(state !== undefined && { state: state as StreamDigestState }) }),
    ...(resume !== undefined && { resume }),
  });
}

/** The timeline of a world at its first tick; the store is told where it begins, and given the day before it. */
export function beginTimeline(world: WorldOptions, hash: Hash, store: Store): DigestedTimeline {
  const timeline = create(world, hash);
  const { seed, scenario, startMs, tickMs } = timeline.world;
  const scenarioDigest = digestScenario(scenario, hash);
  store.begin({ seed, scenario: scenario.name, scenarioDigest, simulatorVersion: SIMULATOR_VERSION, startMs, tickMs });
  store.keepPrologue(timeline.world.backfill());
  return timeline;
}

/** The timeline as it was when the last process stopped; what is stored already is only lived through again. */
export function resumeTimeline(
  world: WorldOptions,
  hash: Hash,
  store: Store,
  { snapshots, log, lastTick, ...start }: Resume,
): DigestedTimeline {
  const { scenario: scenarioName, ...identity } = start;
  const timeline = create({ ...world, startMs: start.startMs, tickMs: start.tickMs }, hash, {
    snapshots,
    log: { ...identity, scenarioName, entries: log },
  });
  // Whoever was killed at the very beginning may not have written all of the day before it; what is there stays.
  if (snapshots.length === 0) store.keepPrologue(timeline.world.backfill());
  timeline.seek(lastTick).run(Number.POSITIVE_INFINITY);
  return timeline;
}
