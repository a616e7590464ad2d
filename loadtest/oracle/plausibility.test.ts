/** What a server reports of its simulation is checked before the oracle plays a tick after it. */
import { expect, test } from "vitest";
import { type Simulation, schemaFiles } from "../../schemas/index.js";
import { type Between, findContradiction, findDisagreement, findLeap, isEarlier } from "./plausibility.js";

const example = schemaFiles["resources/simulation.schema.json"].examples[0] as unknown as Simulation;
const bootNs = BigInt(example.anchors[0].monotonicNs);

/** A report of a server that plays at `speed` since tick 0, so long after its start. */
function reportAt(seconds: number, change: Partial<Simulation> = {}, speed = 1): Simulation {
  const tick = Math.floor((seconds * 1000 * speed) / example.tickMs);
  return {
    ...example,
    speed,
    tick,
    time: new Date(Date.parse(example.start) + tick * example.tickMs).toISOString(),
    monotonicNs: String(bootNs + BigInt(Math.round(seconds * 1e9))),
    anchors: [{ ...example.anchors[0], intervalNs: (example.tickMs * 1e6) / speed }],
    ...change,
  };
}

function atTick(tick: number): Partial<Simulation> {
  return { tick, time: new Date(Date.parse(example.start) + tick * example.tickMs).toISOString() };
}

const anchor = (fromTick: number, seconds: number, intervalNs = 250e6): Simulation["anchors"][number] => ({
  fromTick,
  monotonicNs: String(bootNs + BigInt(seconds * 1e9)),
  intervalNs,
});

test.each([1, 0.01, 7, 1000])("an honest report at %s times the speed is plausible", (speed) => {
  for (const seconds of [0, 1, 3600]) expect(findContradiction(reportAt(seconds, {}, speed))).toBeUndefined();
});

test.each<[string, Partial<Simulation>, RegExp]>([
  ["a tick of 1e9", { tick: 1e9 }, /another time/],
  ["a tick of 1e9 with a time that fits", atTick(1e9), /by its clock tick 49 is the last/],
  ["an interval of a nanosecond", { anchors: [anchor(0, 0, 1)] }, /interval of 1 ns/],
  ["an interval that its speed does not give", { anchors: [anchor(0, 0, 1e6)] }, /a speed of 1 .* gives 250000000 ns/],
  ["an anchor ahead of its tick", { anchors: [anchor(41, 0)] }, /last anchor begins at tick 41/],
  ["an anchor in the future", { anchors: [anchor(0, 11)] }, /in the future/],
  ["anchors that go back", { anchors: [anchor(9, 0), anchor(8, 0)] }, /anchors go back/],
  ["more anchors than a server keeps", { anchors: Array.from({ length: 33 }, () => anchor(0, 0)) }, /33 anchors/],
  ["no anchor", { anchors: [] }, /no anchor/],
  ["a clock without end", { monotonicNs: "9".repeat(400) }, /400 digits/],
  ["an anchor without end", { anchors: [{ ...anchor(0, 0), monotonicNs: "9".repeat(400) }] }, /400 digits/],
])("%s is a contradiction", (_, change, named) => {
  expect(findContradiction(reportAt(10, change))).toMatch(named);
});

test("an anchor that a member's clock is not known to have reached is plausible, and one beyond that is not", () => {
  const report = reportAt(0, { anchors: [{ ...anchor(0, 0), monotonicNs: String(bootNs + 2_000_000n) }] });
  expect(findContradiction({ ...report, monotonicUncertaintyNs: 2_000_000 })).toBeUndefined();
  expect(findContradiction({ ...report, monotonicUncertaintyNs: 1_999_999 })).toMatch(/in the future/);
});

/** Half a second after a report at second 10, by the reader's clock. */
const between: Between = {
  dueTick: 42,
  elapsedMs: 500,
  ageMs: ({ monotonicNs }) => 10_500 - Number(BigInt(monotonicNs) - bootNs) / 1e6,
};

test.each<[string, Partial<Simulation>]>([
  ["goes on", {}],
  ["was paused", { state: "paused" }],
  ["was stepped by 20,000 ticks", { ...atTick(20_040), state: "paused" }],
  ["was stepped by hand and plays again", { ...atTick(1042), anchors: [anchor(0, 0), anchor(1040, 10)] }],
  ["plays faster now", { speed: 1000, ...atTick(2040), anchors: [anchor(0, 0), anchor(40, 10, 25e4)] }],
])("a simulation that %s is followed", (_, change) => {
  const now = reportAt(10.5, change);
  expect(findContradiction(now)).toBeUndefined();
  expect(findLeap(reportAt(10), now, between)).toBeUndefined();
});

test.each<[string, Partial<Simulation>, RegExp]>([
  ["goes back", atTick(39), /tick went back from 40 to 39/],
  ["leaps while it is paused", { ...atTick(1e6), state: "paused" }, /leapt from 40 to 1000000 within 500 ms/],
  ["takes another seed", { seed: "43" }, /seed changed from 42 to 43/],
  ["takes another tick length", { tickMs: 500 }, /tickMs changed/],
  ["takes back a slip", { slips: -1 }, /slips went back/],
  ["drops an anchor into the past", { anchors: [anchor(0, 0), anchor(40, 1)] }, /lies before the last report/],
  ["changes an anchor afterwards", { anchors: [anchor(0, 0, 250e3)] }, /changed from 250000000 to 250000 ns/],
])("a simulation that %s is not", (_, change, named) => {
  expect(findLeap(reportAt(10), reportAt(10.5, change), between)).toMatch(named);
});

const grown = [anchor(0, 0), anchor(40, 10, 25e4)];
const lost = [anchor(40, 10, 25e4), anchor(80, 20)];

test.each<[string, Partial<Simulation>, Partial<Simulation>]>([
  ["the same anchors", {}, atTick(39)],
  ["one anchor more", { anchors: grown }, {}],
  ["anchors that were dropped from its beginning", { anchors: lost }, { anchors: grown }],
  ["no anchors yet", {}, { anchors: [] }],
  ["anchors of which none is left", { anchors: Array.from({ length: 32 }, (_, at) => anchor(40 + at, 10)) }, {}],
])("members with %s do not contradict each other", (_, one, other) => {
  expect(findDisagreement(reportAt(10, one), reportAt(10, other))).toBeUndefined();
  expect(findDisagreement(reportAt(10, other), reportAt(10, one))).toBeUndefined();
});

test.each<[string, Partial<Simulation>, RegExp]>([
  ["another timeline", { bootId: "other" }, /bootId is "b-1f0c" and "other"/],
  ["another seed", { seed: "43" }, /seed is "42" and "43"/],
  ["a tick of another length", { tickMs: 500 }, /tickMs is 250 and 500/],
  ["ticks that leave at other instants", { anchors: [anchor(0, 1)] }, /instants of their ticks differ from tick 0 on/],
  ["none of the anchors", { anchors: [anchor(40, 10), anchor(80, 20)] }, /differ from tick \d+ on/],
  ["another pace since a tick", { anchors: [anchor(0, 0), anchor(40, 11)] }, /differ from tick 40 on/],
])("a member with %s contradicts another one", (_, change, named) => {
  expect(findDisagreement(reportAt(10, { anchors: grown }), reportAt(10, { anchors: grown, ...change }))).toMatch(
    named,
  );
});

test("a report is earlier by its tick, or by its anchors", () => {
  expect(isEarlier(reportAt(10, atTick(39)), reportAt(10))).toBe(true);
  expect(isEarlier(reportAt(10), reportAt(10, { anchors: grown }))).toBe(true);
  expect(isEarlier(reportAt(10, { anchors: grown }), reportAt(10))).toBe(false);
  expect(isEarlier(reportAt(10), reportAt(10))).toBe(false);
});
