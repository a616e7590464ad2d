import { expect, test } from "vitest";
import { type CommandLog, playLog } from "./command-log.js";
import { MismatchError } from "../core/errors.js";
import { createStreamDigest } from "./stream-digest.js";
import { type Timeline, type TimelineOptions, createTimeline } from "./timeline.js";
import type { StreamDigest, StreamDigestState } from "./stream-digest.js";
import type { Command } from "../core/types.js";
import { SIMULATOR_VERSION } from "../core/version.js";
import { openWorld, sha256, smallScenario, throughJson } from "../world/world.fixture.js";

const scenario = smallScenario({ events: [{ type: "flashCrash", at: "10s", duration: "5s", recovery: "10s" }] });

function open(changes: Partial<TimelineOptions<StreamDigest>> = {}): Timeline<StreamDigest> {
  return createTimeline({
    world: { seed: "42", scenario },
    observer: (state) =>
      createStreamDigest({ hash: sha256, ...(state !== undefined && { state: state as StreamDigestState }) }),
    snapshotEveryTicks: 16,
    snapshotsMax: 8,
    ...changes,
  });
}

function goTo(timeline: Timeline<StreamDigest>, tick: number, batchesMax = 1000): void {
  const seek = timeline.seek(tick);
  while (!seek.done) seek.run(batchesMax);
  seek.settle();
}

/** What has to be kept of a timeline, besides a snapshot, to resume it. */
function logOf({ world, entries }: Timeline<StreamDigest>): CommandLog {
  const { seed, startMs, tickMs } = world;
  const identity = { simulatorVersion: SIMULATOR_VERSION, seed, scenarioName: world.scenario.name, startMs, tickMs };
  return { ...identity, entries: [...entries] };
}

/** The digest of the same seed, run once from the beginning with the same commands. */
function straight(timeline: Timeline<StreamDigest>, tick: number): string {
  const world = openWorld("42", scenario);
  const digest = createStreamDigest({ hash: sha256 });
  for (const { batch } of playLog(world, timeline.entries, tick)) digest.observe(batch);
  expect(world.tick).toBe(tick);
  return digest.value;
}

function createSector(number: number): Command {
  return { type: "createSector", sector: { id: `new-${number}`, name: `New ${number}`, indexWeight: 0.1 } };
}

test("a seek back drops the commands of later ticks, keeps those of the target tick, and goes on numbering", () => {
  const timeline = open();
  timeline.step();
  timeline.apply(createSector(1));
  timeline.step();
  timeline.apply(createSector(2));
  expect(timeline.nextSequence).toBe(3);
  goTo(timeline, 1);
  expect(timeline.entries.map(({ sequence, afterTick }) => [sequence, afterTick])).toEqual([[1, 1]]);
  expect(timeline.world.sector("new-1")).toBeDefined();
  expect(timeline.world.sector("new-2")).toBeUndefined();
  expect(timeline.apply(createSector(3)).entry.sequence).toBe(2);
});

test("a seek back that is abandoned has moved nothing", () => {
  const timeline = open();
  for (let n = 0; n < 50; n++) timeline.step();
  const before = throughJson(timeline.snapshot());
  const seek = timeline.seek(40);
  seek.run(3);
  expect(seek.done).toBe(false);
  expect(() => seek.settle()).toThrow(/come to/);
  expect(throughJson(timeline.snapshot())).toEqual(before);
});

test("a seek forwards hands over every batch once; an abandoned one stays where it came to", () => {
  const timeline = open();
  const ticks: number[] = [];
  const seek = timeline.seek(30, ({ tick }) => ticks.push(tick));
  seek.run(10);
  expect(timeline.world.tick).toBe(10);
  while (!seek.done) seek.run(7);
  expect(ticks).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
});

test("what was kept is found again: going back replays no more than the distance between two snapshots", () => {
  const timeline = open({ snapshotsMax: 1000 });
  for (let n = 0; n < 500; n++) timeline.step();
  for (const target of [499, 250, 17, 16, 1, 0]) {
    let batches = 0;
    const seek = timeline.seek(target, () => (batches += 1));
    while (!seek.done) seek.run(100);
    expect(timeline.world.tick).not.toBe(target);
    seek.settle();
    expect(batches).toBeLessThan(16);
    expect(timeline.world.tick).toBe(target);
  }
});

test("after a restart a way back begins at a snapshot of the process before", () => {
  const timeline = open();
  const snapshots = [96, 192, 288].map((tick) => {
    goTo(timeline, tick);
    return throughJson(timeline.snapshot());
  });
  const resumed = open({ resume: { snapshots, log: logOf(timeline) } });
  goTo(resumed, 310);
  let batches = 0;
  const seek = resumed.seek(202, () => (batches += 1));
  while (!seek.done) seek.run(100);
  seek.settle();
  expect([resumed.world.tick, batches]).toEqual([202, 10]);
  expect(resumed.observer.value).toBe(straight(resumed, 202));
});

test("snapshots are thinned: their number has a limit, the far past is coarse, the near past fine", () => {
  const timeline = open({ snapshotsMax: 16 });
  for (let n = 0; n < 3000; n++) timeline.step();
  expect(timeline.kept.snapshots).toBeLessThanOrEqual(16);
  let batches = 0;
  const seek = timeline.seek(2999, () => (batches += 1));
  while (!seek.done) seek.run(100);
  expect(batches).toBeLessThan(16);
});

test("a log or snapshot of another simulator version or another world is refused, both named", () => {
  const { log, snapshot } = { log: logOf(open()), snapshot: open().snapshot() };
  const old = { ...log, simulatorVersion: "0" };
  expect(() => open({ resume: { snapshots: [], log: old } })).toThrow(
    /command log was made by simulator version 0 and this is version/,
  );
  expect(() => open({ resume: { snapshots: [], log: old } })).toThrow(MismatchError);
  const other = { ...log, seed: "43" };
  expect(() => open({ resume: { snapshots: [], log: other } })).toThrow(/its seed is 43, not 42/);
  const oldSnapshot = { ...snapshot, world: { ...snapshot.world, simulatorVersion: "0" } };
  expect(() => open({ resume: { snapshots: [oldSnapshot], log } })).toThrow(/snapshot was made by simulator version 0/);
});

test("after a resume the rest of the log must be played before anything new", () => {
  const timeline = open();
  const { snapshot } = { snapshot: timeline.snapshot() };
  timeline.step();
  timeline.apply(createSector(1));
  const resumed = open({ resume: { snapshots: [snapshot], log: logOf(timeline) } });
  expect(() => resumed.step()).toThrow(/seek there/);
  goTo(resumed, 1);
  expect(resumed.observer.value).toBe(timeline.observer.value);
  expect(resumed.step()).toEqual(timeline.step());
});

test("a replay yields commands in their places", () => {
  const world = openWorld("42", scenario);
  const entries = [
    { afterTick: 0, sequence: 1, command: createSector(1) },
    { afterTick: 2, sequence: 2, command: createSector(2) },
    { afterTick: 2, sequence: 3, command: createSector(3) },
  ];
  const played = [...playLog(world, entries, 3)].map(
    ({ batch, entry }) => `${batch.tick}${entry ? ` ${entry.sequence}` : ""}`,
  );
  expect(played).toEqual(["0 1", "1", "2", "2 2", "2 3", "3"]);
});

test("a command that a snapshot of a later tick has not seen is applied at once, and nothing is stuck", () => {
  const timeline = open();
  for (let n = 0; n < 3; n++) timeline.step();
  // It was logged at tick 1, and ticks went on before it was applied: the process ended in between.
  const entries = [{ afterTick: 1, sequence: 1, command: createSector(1) }];
  const resumed = open({ resume: { snapshots: [timeline.snapshot()], log: { ...logOf(timeline), entries } } });
  goTo(resumed, 3);
  expect(resumed.world.sector("new-1")).toBeDefined();
  expect(resumed.step().tick).toBe(4);
});
