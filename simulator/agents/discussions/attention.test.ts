import { expect, test } from "vitest";
import { Attention, type AttentionLaw } from "./attention.js";
import type { Occasion } from "../core/triggers.js";

const law: AttentionLaw = { perSecond: 0.05, answersPerMessage: 0.6, attentionSeconds: 45, tickSeconds: 0.25 };

/** The occasions of so many seconds, each with its tick. */
function listen(attention: Attention, seconds: number, { tickSeconds } = law, activity = 1) {
  const heard: { readonly tick: number; readonly occasion: Occasion }[] = [];
  for (let tick = 1; tick <= seconds / tickSeconds; tick++) {
    const occasion = attention.advance(activity, tick * tickSeconds * 1000);
    if (occasion !== undefined) heard.push({ tick, occasion });
  }
  return heard;
}

const day = 86_400;
const rooms = Array.from({ length: 10 }, (_, n) => listen(Attention.begin(law, "42", `disc-${n}`), day));
const occasions = rooms.flat();

function dispersion(ticks: readonly number[], windowSeconds: number, seconds: number): number {
  const counts = Array.from({ length: seconds / windowSeconds }, () => 0);
  for (const tick of ticks) counts[Math.min(counts.length - 1, Math.floor((tick * 0.25) / windowSeconds))] += 1;
  const mean = ticks.length / counts.length;
  return counts.reduce((sum, count) => sum + (count - mean) * (count - mean), 0) / counts.length / mean;
}

test("a room speaks at its mean rate, answers included, and the branching ratio is the one asked for", () => {
  const expected = law.perSecond * day * rooms.length;
  // Variance of a Hawkes count: mean / (1 - 0.6)^2. Four standard deviations.
  expect(Math.abs(occasions.length - expected)).toBeLessThan(4 * Math.sqrt(expected / 0.16));
  const replies = occasions.filter(({ occasion }) => occasion.kind === "reply").length;
  expect(Math.abs(replies / occasions.length - 0.6)).toBeLessThan(0.02);
});

test("talk comes in bursts: over ten minutes the count varies more than twice as much as at random", () => {
  const ratios = rooms.map((room) =>
    dispersion(
      room.map(({ tick }) => tick),
      600,
      day,
    ),
  );
  expect(Math.min(...ratios)).toBeGreaterThan(2);
  const deaf = { ...law, answersPerMessage: 0 };
  const poisson = listen(Attention.begin(deaf, "42", "disc-0"), day, deaf).map(({ tick }) => tick);
  expect(Math.abs(dispersion(poisson, 600, day) - 1)).toBeLessThan(0.5);
});

test("the tick's length changes nothing but the grid", () => {
  const coarse = { ...law, tickSeconds: 1 };
  const count = rooms.map((_, n) => listen(Attention.begin(coarse, "42", `disc-${n}`), day, coarse).length);
  const total = count.reduce((sum, n) => sum + n, 0);
  const expected = law.perSecond * day * rooms.length;
  expect(Math.abs(total - expected)).toBeLessThan(4 * Math.sqrt(expected / 0.16));
});

test("nobody waits longer for the first message than the mean time between two", () => {
  for (let n = 0; n < 200; n++) {
    const [first] = listen(Attention.begin(law, "7", `disc-${n}`), 60);
    // The echo that a room begins with fades, so a few need a little longer than the 20 s.
    expect(first.tick * law.tickSeconds).toBeLessThan(40);
  }
});

test("a trigger provokes the messages that are expected of it, and answers to them", () => {
  const silent = { ...law, perSecond: 0 };
  const triggered = Array.from({ length: 2000 }, (_, n) => {
    const attention = Attention.begin({ ...silent, tickSeconds: 1 }, "42", `disc-${n}`);
    // The first threshold of a room is a short one; hear something before.
    attention.trigger({ kind: "warm-up" }, 5);
    listen(attention, 2000, { ...silent, tickSeconds: 1 });
    attention.trigger({ kind: "jump", sectorId: "tech-001" }, 1.5);
    return listen(attention, 2000, { ...silent, tickSeconds: 1 });
  });
  const heard = triggered.flat();
  const direct = heard.filter(({ occasion }) => occasion.kind === "trigger" && occasion.trigger.kind === "jump").length;
  expect(Math.abs(direct / triggered.length - 1.5)).toBeLessThan(0.15);
  expect(Math.abs(heard.length / triggered.length - 1.5 / 0.4)).toBeLessThan(0.5);
  expect(heard.every(({ occasion }) => occasion.kind !== "routine")).toBe(true);
});

test("an intensity multiplies the rate until it ends", () => {
  const deaf = { ...law, answersPerMessage: 0 };
  const attention = Attention.begin(deaf, "42", "disc-001");
  attention.trigger({ kind: "chatterBurst" }, 0, 4, (day / 2) * 1000);
  const heard = listen(attention, day, deaf);
  const first = heard.filter(({ tick }) => tick * 0.25 < day / 2).length;
  const second = heard.length - first;
  expect(Math.abs(first / (0.05 * 5 * (day / 2)) - 1)).toBeLessThan(0.05);
  expect(Math.abs(second / (0.05 * (day / 2)) - 1)).toBeLessThan(0.1);
  expect(attention.state().triggers).toEqual([]);
});

test("a room that follows the market's rhythm is silent while nothing is traded", () => {
  const attention = Attention.begin({ ...law, answersPerMessage: 0 }, "42", "disc-001");
  expect(listen(attention, 3600, law, 0)).toEqual([]);
});

test("more scenario events than anybody can talk about are forgotten, the weakest first", () => {
  const attention = Attention.begin(law, "42", "disc-001");
  for (let n = 0; n < 40; n++) attention.trigger({ kind: "minute", percent: n }, n);
  const kept = attention.state().triggers.map(({ trigger }) => trigger.percent);
  expect(kept).toEqual(Array.from({ length: 16 }, (_, n) => n + 24));
});
