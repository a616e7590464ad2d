import fc from "fast-check";
import { expect, test } from "vitest";
import type { Clock } from "./clock.js";
import { createManualClock } from "./manual-clock.js";
import { type Pacer, type PacerOptions, createPacer } from "./pacer.js";
import { createStreamDigest } from "../history/stream-digest.js";
import { digestTicks, openWorld, sha256 } from "../world/world.fixture.js";

function open(options: Partial<PacerOptions> = {}) {
  const { clock, advance } = createManualClock();
  const ranAtMs: number[] = [];
  const nowMs = () => Number(clock.nowNs()) / 1e6;
  const pacer = createPacer({ clock, tickMs: 250, runTick: () => ranAtMs.push(nowMs()), ...options });
  return { pacer, advance, ranAtMs, clock };
}

/** A clock whose time passes although nobody runs its timers: a process that is busy or asleep. */
function openBusy(options: Partial<PacerOptions> = {}, earlyMs = 0) {
  let nowNs = 0n;
  let timer: { dueNs: bigint; callback: () => void } | undefined;
  const clock: Clock = {
    nowNs: () => nowNs,
    schedule(callback, delayMs) {
      timer = { dueNs: nowNs + BigInt(Math.round(Math.max(0, delayMs - earlyMs) * 1e6)), callback };
      return () => (timer = undefined);
    },
  };
  const ticks: number[] = [];
  const pacer = createPacer({ clock, tickMs: 250, runTick: () => ticks.push(Number(nowNs) / 1e6), ...options });
  return {
    pacer,
    nowNs: () => nowNs,
    ticks,
    pass: (ms: number) => (nowNs += BigInt(Math.round(ms * 1e6))),
    /** Runs the waiting timer if it is due. */
    wake() {
      if (timer === undefined || timer.dueNs > nowNs) return;
      const { callback } = timer;
      timer = undefined;
      callback();
    },
  };
}

test("nothing runs before play; then each tick runs at its intended instant", () => {
  const { pacer, advance, ranAtMs } = open();
  advance(1000);
  expect(ranAtMs).toEqual([]);
  pacer.play();
  advance(1000);
  expect(ranAtMs).toEqual([1250, 1500, 1750, 2000]);
  const [anchor] = pacer.anchors;
  expect(anchor).toEqual({ fromTick: 0, monotonicNs: 1_000_000_000n, intervalNs: 250_000_000 });
});

test("a pause stops at once and play goes on one interval later", () => {
  const { pacer, advance, ranAtMs } = open();
  pacer.play();
  advance(600);
  pacer.pause();
  advance(10_000);
  pacer.play();
  advance(250);
  expect(ranAtMs).toEqual([250, 500, 10_850]);
  expect(pacer.anchors.map(({ fromTick }) => fromTick)).toEqual([0, 2]);
});

test("speed divides the interval and leaves an anchor", () => {
  const { pacer, advance, ranAtMs } = open({ speed: 2 });
  pacer.play();
  advance(250);
  pacer.setSpeed(10);
  advance(50);
  expect(ranAtMs).toEqual([125, 250, 275, 300]);
  expect(pacer.anchors.map(({ fromTick, intervalNs }) => [fromTick, intervalNs])).toEqual([
    [0, 125_000_000],
    [2, 25_000_000],
  ]);
});

test("the last tick is the last one, played or stepped, until the world is moved back", () => {
  let changes = 0;
  const { pacer, advance, ranAtMs } = open({ speed: 1, lastTick: 3, onChange: () => void (changes += 1) });
  pacer.play();
  advance(10_000);
  expect(ranAtMs).toEqual([250, 500, 750]);
  expect([pacer.ended, pacer.playing, pacer.tick, changes]).toEqual([true, false, 3, 2]);
  pacer.play();
  pacer.step(5);
  advance(10_000);
  expect([pacer.playing, pacer.tick]).toEqual([false, 3]);
  pacer.rebase(1);
  expect(pacer.ended).toBe(false);
  pacer.step(5);
  expect(pacer.tick).toBe(3);
});

test("advancing in one go or in pieces runs the same ticks at the same instants", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 20 }),
      fc.constantFrom(0.5, 1, 3, 60),
      (pieces, speed) => {
        const [whole, parts] = [open({ speed }), open({ speed })];
        whole.pacer.play();
        parts.pacer.play();
        whole.advance(pieces.reduce((sum, piece) => sum + piece, 0));
        for (const piece of pieces) parts.advance(piece);
        expect(parts.ranAtMs).toEqual(whole.ranAtMs);
      },
    ),
  );
});

test.each([0.5, 1, 7, 100, 10_000])("at speed %d the stream is the same", (speed) => {
  const world = openWorld("42");
  const digest = createStreamDigest({ hash: sha256 });
  const { clock, advance } = createManualClock();
  const pacer = createPacer({ clock, tickMs: world.tickMs, speed, runTick: () => digest.observe(world.step()) });
  pacer.play();
  while (world.tick < 200) advance(1);
  pacer.pause();
  expect(digest.value).toBe(digestTicks(openWorld("42"), world.tick).value);
});

test("late by a second or less it catches up tick by tick and the intended instants stay", () => {
  const { pacer, ticks, pass, wake } = openBusy();
  pacer.play();
  pass(1100);
  wake();
  expect(ticks).toHaveLength(4);
  expect(pacer.slips).toBe(0);
  pass(150);
  wake();
  expect(ticks).toHaveLength(5);
  expect(pacer.anchors).toHaveLength(1);
});

test("late by more than a second it sets a new anchor and counts a slip", () => {
  let told = 0;
  const { pacer, ticks, pass, wake } = openBusy({ onChange: () => (told += 1) });
  pacer.play();
  pass(250);
  wake();
  pass(60_000);
  wake();
  expect(ticks).toHaveLength(1);
  expect(pacer.slips).toBe(1);
  expect(told).toBe(2);
  expect(pacer.anchors.at(-1)).toEqual({ fromTick: 1, monotonicNs: 60_250_000_000n, intervalNs: 250_000_000 });
  pass(250);
  wake();
  expect(ticks).toEqual([250, 60_500]);
});

test("between slices of ten milliseconds it gives way", () => {
  const busy = openBusy({ speed: 1000, runTick: () => busy.pass(3) });
  busy.pacer.play();
  busy.pass(100);
  busy.wake();
  // Three milliseconds a tick: the fourth begins before the slice is over, the fifth does not.
  expect(busy.pacer.tick).toBe(4);
  busy.wake();
  expect(busy.pacer.tick).toBe(8);
});

test("a speed beyond reach lowers the speed achieved", () => {
  const busy = openBusy({ speed: 1000, runTick: () => busy.pass(1) });
  busy.pacer.play();
  expect(busy.pacer.speedAchieved).toBe(1000);
  for (let n = 0; n < 1000; n++) {
    busy.pass(0.25);
    busy.wake();
  }
  // One tick of 250 simulated milliseconds takes one millisecond, and waiting a little.
  expect(busy.pacer.speedAchieved).toBeGreaterThan(200);
  expect(busy.pacer.speedAchieved).toBeLessThan(251);
  busy.pacer.pause();
  expect(busy.pacer.speedAchieved).toBe(0);
});

test("time that was slept through lowers the speed achieved, until it is made up", () => {
  const { pacer, pass, wake } = openBusy();
  pacer.play();
  pass(10_000);
  wake();
  expect(pacer.speedAchieved).toBe(0);
  for (let n = 0; n < 8; n++) {
    pass(250);
    wake();
  }
  expect(pacer.speedAchieved).toBeCloseTo(1, 6);
});

test("timers that fire a little early, or late by less than 90 ms, do not lower the speed achieved (seed 17)", () => {
  const offsetsMs = fc.array(fc.double({ min: -1, max: 90, noNaN: true }), { minLength: 20, maxLength: 60 });
  fc.assert(
    fc.property(
      offsetsMs,
      fc.constantFrom(0.25, 1, 4, 60),
      fc.constantFrom(100, 250, 1000),
      (offsets, speed, tickMs) => {
        const { pacer, pass, wake } = openBusy({ speed, tickMs }, 1);
        pacer.play();
        let lowest: number = speed;
        let lastMs = 0;
        for (const offsetMs of offsets) {
          pass(tickMs / speed + offsetMs - lastMs);
          wake();
          if (offsetMs < 0) pass(-offsetMs);
          wake();
          lastMs = Math.max(0, offsetMs);
          lowest = Math.min(lowest, pacer.speedAchieved);
        }
        expect(lowest).toBeGreaterThan(0.9 * speed);
      },
    ),
    { seed: 17, numRuns: 500 },
  );
});

test("at a speed within reach the speed achieved is the speed", () => {
  const { pacer, advance } = open({ speed: 4 });
  pacer.play();
  advance(5000);
  expect(pacer.speedAchieved).toBeCloseTo(4, 6);
});

test("the last 32 anchors are kept", () => {
  const { pacer, advance } = open();
  pacer.play();
  for (let n = 1; n <= 50; n++) {
    pacer.setSpeed(n);
    advance(250);
  }
  expect(pacer.anchors).toHaveLength(32);
  expect(pacer.anchors.at(-1)?.intervalNs).toBe(250e6 / 50);
});

test("a step runs its ticks at once and leaves the play paused", () => {
  const { pacer, advance, ranAtMs } = open();
  pacer.play();
  pacer.step(3);
  advance(1000);
  expect(ranAtMs).toEqual([0, 0, 0]);
  expect([pacer.playing, pacer.tick]).toEqual([false, 3]);
});

test("a tick knows how late it is, and one that is stepped by hand is not late at all", () => {
  const lateNs: (number | undefined)[] = [];
  const busy = openBusy({ runTick: () => lateNs.push(busy.pacer.lateNs(busy.pacer.tick, busy.nowNs())) });
  busy.pacer.play();
  busy.pass(600);
  busy.wake();
  busy.pacer.pause();
  busy.pass(600_000);
  busy.pacer.step(1);
  expect(lateNs).toEqual([350e6, 100e6, undefined]);
});

test("a tick may pause the play", () => {
  const { clock, advance } = createManualClock();
  const pacer: Pacer = createPacer({
    clock,
    tickMs: 250,
    speed: 1000,
    runTick: () => pacer.tick === 5 && pacer.pause(),
  });
  pacer.play();
  advance(1000);
  expect([pacer.playing, pacer.tick]).toEqual([false, 5]);
});

test("a tick that throws pauses the play and is heard of", () => {
  const { pacer, advance } = open({
    runTick: () => {
      throw new Error("out of order");
    },
  });
  pacer.play();
  expect(() => advance(1000)).toThrow("out of order");
  expect(pacer.playing).toBe(false);
});

test("after a rebase the ticks go on from elsewhere", () => {
  const { pacer, advance } = open({ fromTick: 100 });
  pacer.play();
  advance(250);
  expect(pacer.tick).toBe(101);
  pacer.rebase(7);
  expect([pacer.playing, pacer.tick, pacer.anchors]).toEqual([false, 7, []]);
  pacer.play();
  expect(pacer.anchors[0].fromTick).toBe(7);
});

test.each([0, -1, Number.NaN, Infinity])("%d is no speed", (speed) => {
  expect(() => open({ speed })).toThrow(RangeError);
  expect(() => open().pacer.setSpeed(speed)).toThrow(RangeError);
});
