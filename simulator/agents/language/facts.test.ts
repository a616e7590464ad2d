import { expect, test } from "vitest";
import { directionOf, factsOfBoard, factsOfDrift, factsOfSubject, moodOf, phaseOf } from "./facts.js";
import type { SectorSignal } from "../../core/signals.js";

function sector(id: string, name: string, changePercent: number, value = 100): SectorSignal {
  return { id, name, value, changePercent, jumpPercent: 0, minutePercent: 0, minuteSigma: 0 };
}

test("moods and phases have their bounds, and a market without sessions has no phase", () => {
  expect([0.3, 1, 2.5].map(moodOf)).toEqual(["calm", "normal", "tense"]);
  expect([0, 0.2, 0.5, 0.95, undefined].map(phaseOf)).toEqual(["early", undefined, "middle", "late", undefined]);
});

test("a change too small to show is none", () => {
  expect([0.5, -0.5, 0.03, -0.03].map((percent) => directionOf(percent))).toEqual(["up", "down", "flat", "flat"]);
});

test("the board names its ends, its breadth and the subject's place", () => {
  const energy = sector("energy-001", "Energy", -0.4);
  const board = [energy, sector("tech-001", "Technology", 1.2), sector("util-001", "Utilities", 0.1)];
  expect(factsOfBoard(board, energy)).toMatchObject({
    count: "3",
    ups: "2",
    downs: "1",
    rank: "3",
    leader: "Technology",
    leaderChange: "+1.20%",
    laggard: "Energy",
    laggardChange: "-0.40%",
    mean: "+0.30%",
    spread: "1.60%",
  });
});

test.each([-3, 3])(
  "a board that has come %d percent on average makes a wild mood, one that has not leaves it alone",
  (percent) => {
    const far = sector("tech-001", "Technology", percent);
    expect(factsOfBoard([far], far)["mood"]).toBe("wild");
    const near = sector("tech-001", "Technology", percent / 3);
    expect(factsOfBoard([near, far], near)).not.toHaveProperty("mood");
  },
);

test("a sector is near its open or far from it", () => {
  expect(factsOfSubject(sector("a", "A", 0.9))["reach"]).toBe("near");
  expect(factsOfSubject(sector("a", "A", -1.1))["reach"]).toBe("far");
});

test("an answer knows what the price was and what has become of it", () => {
  const now = sector("a", "A", 0, 100.02);
  expect(factsOfDrift(now, 100)).toEqual({ was: "100.00", drift: "up" });
  expect(factsOfDrift(now, 100.02)).toEqual({ was: "100.02", drift: "flat" });
});
