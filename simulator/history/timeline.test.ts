import { expect, test } from "vitest";
import { playLog } from "./command-log.js";
import { MismatchError } from "../core/errors.js";
import { LoggedTimeline } from "./logged-timeline.fixture.js";
import { type StreamDigest, createStreamDigest } from "./stream-digest.js";
import type { TimelineOptions } from "./timeline.js";
import type { Command, LoggedCommand } from "../core/types.js";
import { openWorld, sha256, smallScenario, throughJson } from "../world/world.fixture.js";

const scenario = smallScenario({ events: [{ type: "flashCrash", at: "10s", duration: "5s", recovery: "10s" }] });

function open(
  changes: Partial<TimelineOptions<StreamDigest>> = {},
  entries: readonly LoggedCommand[] = [],
): LoggedTimeline {
  return new LoggedTimeline({ seed: "42", scenario }, changes, entries);
}

/** The digest of the same seed, run once from the beginning with the same commands. */
function straight({ entries }: LoggedTimeline, tick: number): string {
  const world = openWorld("42", scenario);
  const digest = createStreamDigest({ hash: sha256 });
  for (const { batch } of playLog(world, entries, tick)) digest.observe(batch);
  expect(world.tick).toBe(tick);
  return digest.value;
}

function createSector(number: number): Command {
  return { type: "createSector", sector: { id: `new-${number}`, name: `New ${number}`, indexWeight: 0.1 } };
}

test("a seek back has the commands of the target tick in it and none of later ones, and goes on numbering", () => {
  const session = open();
  const { timeline } = session;
  timeline.step();
  session.apply(createSector(1));
  timeline.step();
  session.apply(createSector(2));
  expect(timeline.nextSequence).toBe(3);
  session.goTo(1);
  expect(session.entries.map(({ sequence, afterTick }) => [sequence, afterTick])).toEqual([[1, 1]]);
  expect(timeline.world.sector("new-1")).toBeDefined();
  expect(timeline.world.sector("new-2")).toBeUndefined();
  expect(session.apply(createSector(3)).sequence).toBe(2);
});

test.each([1, 2, 7, 1000])("a seek back reads the log in pages of %i and comes to the same", (pageMax) => {
  const session = open();
  for (let n = 1; n <= 40; n++) {
    session.timeline.step();
    if (n % 3 !== 0) session.apply(createSector(n));
    if (n % 5 === 0) session.apply(createSector(100 + n));
  }
  session.goTo(29, 3, pageMax);
  expect(session.timeline.nextSequence).toBe(session.entries.length + 1);
  expect(session.timeline.observer.value).toBe(straight(session, 29));
});

test("a move waits for the log where it needs it, and takes no page that it has not asked for", () => {
  const { timeline } = open();
  for (let n = 0; n < 20; n++) timeline.step();
  expect(timeline.seek(30).wantsAfter).toBeUndefined();
  const seek = timeline.seek(10);
  seek.run(1000);
  expect([seek.tick, seek.wantsAfter, seek.done]).toEqual([0, 0, false]);
  seek.feed([]);
  expect(() => seek.feed([])).toThrow(/did not ask for/);
  seek.run(1000);
  expect([seek.tick, seek.wantsAfter, seek.done]).toEqual([10, undefined, true]);
});

test("a seek back that is abandoned has moved nothing", () => {
  const { timeline } = open();
  for (let n = 0; n < 50; n++) timeline.step();
  const before = throughJson(timeline.snapshot());
  const seek = timeline.seek(40);
  seek.feed([]);
  seek.run(3);
  expect(seek.done).toBe(false);
  expect(() => seek.settle()).toThrow(/come to/);
  expect(throughJson(timeline.snapshot())).toEqual(before);
});

test("a seek forwards hands over every batch once; an abandoned one stays where it came to", () => {
  const { timeline } = open();
  const ticks: number[] = [];
  const seek = timeline.seek(30, ({ tick }) => ticks.push(tick));
  seek.run(10);
  expect(timeline.world.tick).toBe(10);
  while (!seek.done) seek.run(7);
  expect(ticks).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
});

test("what was kept is found again: going back replays no more than the distance between two snapshots", () => {
  const session = open({ snapshotsMax: 1000 });
  for (let n = 0; n < 500; n++) session.timeline.step();
  for (const target of [499, 250, 17, 16, 1, 0]) {
    expect(session.goTo(target)).toBeLessThan(16);
    expect(session.timeline.world.tick).toBe(target);
  }
});

test("after a restart a way back begins at a snapshot of the process before", () => {
  const session = open();
  const snapshots = [96, 192, 288].map((tick) => {
    session.goTo(tick);
    return throughJson(session.timeline.snapshot());
  });
  const resumed = open({ resume: { snapshots } });
  resumed.goTo(310);
  expect(resumed.goTo(202)).toBe(10);
  expect(resumed.timeline.world.tick).toBe(202);
  expect(resumed.timeline.observer.value).toBe(straight(resumed, 202));
});

test("snapshots are thinned: their number has a limit, the far past is coarse, the near past fine", () => {
  const session = open({ snapshotsMax: 16 });
  for (let n = 0; n < 3000; n++) session.timeline.step();
  expect(session.timeline.kept.snapshots).toBeLessThanOrEqual(16);
  expect(session.goTo(2999)).toBeLessThan(16);
});

test("a snapshot of another simulator version or another world is refused, both named", () => {
  const snapshot = open().timeline.snapshot();
  const other = (changes: object) => ({ ...snapshot, world: { ...snapshot.world, ...changes } });
  const resume = (changes: object) => () => open({ resume: { snapshots: [other(changes)] } });
  expect(resume({ simulatorVersion: "0" })).toThrow(/snapshot was made by simulator version 0 and this is version/);
  expect(resume({ simulatorVersion: "0" })).toThrow(MismatchError);
  expect(resume({ seed: "43" })).toThrow(/its seed is 43, not 42/);
});

test("after a resume the rest of the log must be played before anything new", () => {
  const session = open();
  const snapshot = session.timeline.snapshot();
  session.timeline.step();
  session.apply(createSector(1));
  const resumed = open({ resume: { snapshots: [snapshot] } }, session.entries);
  expect(() => resumed.timeline.step()).toThrow(/Seek past the last command/);
  resumed.goTo(1);
  expect(resumed.timeline.observer.value).toBe(session.timeline.observer.value);
  expect(resumed.timeline.step()).toEqual(session.timeline.step());
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
  const { timeline } = open();
  for (let n = 0; n < 3; n++) timeline.step();
  // It was logged at tick 1, and ticks went on before it was applied: the process ended in between.
  const entries = [{ afterTick: 1, sequence: 1, command: createSector(1) }];
  const resumed = open({ resume: { snapshots: [timeline.snapshot()] } }, entries);
  resumed.goTo(3);
  expect(resumed.timeline.world.sector("new-1")).toBeDefined();
  expect(resumed.timeline.step().tick).toBe(4);
});

test.each([1, 3, 1000])(
  "a stretch of the past is run again in pages of %i, and the present stays as it is",
  (pageMax) => {
    const session = open();
    const { timeline } = session;
    const lived: string[] = [];
    for (let n = 1; n <= 60; n++) {
      lived.push(JSON.stringify(timeline.step().events));
      if (n % 7 === 0) session.apply(createSector(n));
    }
    const state = JSON.stringify(timeline.observer.state());
    const to = { tick: timeline.world.tick, sequence: timeline.nextSequence - 1 };
    session.apply(createSector(100));
    const digest = timeline.observer.value;
    const again: { events: string; tick: number; sequence: number | undefined }[] = [];
    const replay = timeline.replay(39, to, ({ tick, events }, sequence) => {
      again.push({ events: JSON.stringify(events), tick, sequence });
    });
    while (!replay.isDone) {
      const after = replay.wantsAfter;
      if (after !== undefined)
        replay.feed(session.entries.filter(({ sequence }) => sequence > after).slice(0, pageMax));
      replay.run(3);
    }
    expect(JSON.stringify(replay.observerState)).toBe(state);
    for (const { events, tick } of again.filter(({ sequence }) => sequence === undefined))
      expect(events).toBe(lived[tick - 1]);
    expect(again.filter(({ tick }) => tick > 39).map(({ sequence }) => sequence ?? 0)).toEqual([
      0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0,
    ]);
    expect([timeline.world.tick, timeline.observer.value]).toEqual([60, digest]);
  },
);
