/** An agent's clock that drifts and is moved: what was converted is off by no more than is stated. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { HostClock, driftMax } from "./host-clock.js";

const seed = 20_261_201;
const runMs = 60_000;
const windowMs = 500;
const aheadMsMax = 2000;
const everyMs = 100;
/** A double of a day in milliseconds has no more digits. */
const roundingMs = 1e-6;

interface Weather {
  readonly aheadMs: number;
  readonly drift: number;
  readonly stepMs: number;
  /** Share of the run. */
  readonly stepAt: number;
}

/** Plays a run: returns the largest error of an instant in use, and what was stated of it. */
function play({ aheadMs, drift, stepMs, stepAt }: Weather, delay: () => readonly [number, number]) {
  const clock = new HostClock();
  const differenceAt = (nowMs: number): number => aheadMs + drift * nowMs + (nowMs >= stepAt * runMs ? stepMs : 0);
  const used: (readonly [atMs: number, believedMs: number])[] = [];
  for (let nowMs = 0; nowMs <= runMs; nowMs += everyMs) {
    const [upMs, downMs] = delay();
    const sentMs = nowMs;
    const otherMs = sentMs + upMs + differenceAt(sentMs + upMs);
    clock.add({ otherMs, sentMs, receivedMs: sentMs + upMs + downMs });
    if (nowMs % windowMs !== 0) continue;
    clock.closeWindow(sentMs + upMs + downMs);
    // What is converted now is of up to so long ago, or ahead.
    const believedMs = clock.toController(0);
    for (const offMs of [-aheadMsMax, -windowMs, 0, windowMs, aheadMsMax]) used.push([nowMs + offMs, believedMs]);
  }
  const inRun = used.filter(([atMs]) => atMs >= 0 && atMs <= runMs - windowMs);
  const errorMs = Math.max(...inRun.map(([atMs, believedMs]) => Math.abs(differenceAt(atMs) - believedMs)));
  return { errorMs, statedMs: clock.uncertaintyMs };
}

const drift = fc.double({ min: -driftMax, max: driftMax, noNaN: true });
/** Of quartz, without a time server. */
const usualDrift = fc.double({ min: -5e-5, max: 5e-5, noNaN: true });
const aheadMs = fc.double({ min: -1e8, max: 1e8, noNaN: true });
const trip = fc.tuple(fc.double({ min: 0.02, max: 3, noNaN: true }), fc.double({ min: 0.02, max: 3, noNaN: true }));

test(`with 200 ppm of drift and a step of up to 3 ms the true error is within what is stated (1,000 runs from seed ${seed})`, () => {
  const stepMs = fc.double({ min: -3, max: 3, noNaN: true });
  const stepAt = fc.double({ min: 0.1, max: 0.95, noNaN: true });
  const runs = fc.property(
    aheadMs,
    drift,
    stepMs,
    stepAt,
    fc.infiniteStream(trip),
    (ahead, drifting, step, at, trips) => {
      const weather = { aheadMs: ahead, drift: drifting, stepMs: step, stepAt: at };
      const { errorMs, statedMs } = play(weather, () => trips.next().value);
      expect(errorMs).toBeLessThanOrEqual(statedMs + roundingMs);
    },
  );
  fc.assert(runs, { seed, numRuns: 1000 });
});

test(`round trips of 0.3 ms of clocks that drift by 50 ppm state less than 1 ms (1,000 runs from seed ${seed})`, () => {
  const quick = fc.tuple(
    fc.double({ min: 0.05, max: 0.15, noNaN: true }),
    fc.double({ min: 0.05, max: 0.15, noNaN: true }),
  );
  const runs = fc.property(aheadMs, usualDrift, fc.infiniteStream(quick), (ahead, drifting, trips) => {
    const weather = { aheadMs: ahead, drift: drifting, stepMs: 0, stepAt: 0 };
    const { errorMs, statedMs } = play(weather, () => trips.next().value);
    expect(errorMs).toBeLessThanOrEqual(statedMs + roundingMs);
    expect(statedMs).toBeLessThan(1);
  });
  fc.assert(runs, { seed, numRuns: 1000 });
});
