import fc from "fast-check";
import { expect, test } from "vitest";
import { ClockBounds, driftMax } from "./clock-bounds.js";

const seed = 20_261_130;
const roundTrip = fc.record({
  pauseMs: fc.double({ min: 0, max: 20_000, noNaN: true }),
  upMs: fc.double({ min: 0, max: 60, noNaN: true }),
  downMs: fc.double({ min: 0, max: 60, noNaN: true }),
});

test(`the true difference lies within the bounds, whatever drifts and answers late (1,000 runs from seed ${seed})`, () => {
  const runs = fc.property(
    fc.double({ min: -1e10, max: 1e10, noNaN: true }),
    fc.double({ min: -driftMax, max: driftMax, noNaN: true }),
    fc.array(roundTrip, { minLength: 1, maxLength: 60 }),
    (aheadMs, drift, trips) => {
      const bounds = new ClockBounds();
      const differenceAt = (nowMs: number): number => aheadMs + nowMs * drift;
      let nowMs = 0;
      for (const { pauseMs, upMs, downMs } of trips) {
        const sentMs = nowMs + pauseMs;
        const answeredMs = sentMs + upMs;
        nowMs = answeredMs + downMs;
        bounds.add({ otherMs: answeredMs + differenceAt(answeredMs), sentMs, receivedMs: nowMs });
        const { lowMs, highMs } = bounds.at(nowMs);
        // A double has no more digits.
        const roundingMs = 1e-5;
        expect(differenceAt(nowMs)).toBeGreaterThanOrEqual(lowMs - roundingMs);
        expect(differenceAt(nowMs)).toBeLessThanOrEqual(highMs + roundingMs);
        expect(highMs - lowMs).toBeLessThanOrEqual((upMs + downMs) * (1 + 2 * driftMax) + roundingMs);
      }
    },
  );
  fc.assert(runs, { seed, numRuns: 1000 });
});
