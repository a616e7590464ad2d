/** What rounds that did not pass, too few of them, and missing figures come to. */
import { expect, test } from "vitest";
import { type AbRound, type AbTest, findViolations, schemaFiles } from "../../schemas/index.js";
import { describeAb } from "./conclusion.js";
import { blocksOf, orderOf, sides } from "./rounds.js";
import { makeRounds } from "./synthetic-rounds.fixture.js";

const facts = schemaFiles["ab.schema.json"].examples[0] as unknown as AbTest;
const rounds = makeRounds({ seed: 1 });

function conclude(changed: readonly AbRound[], more: Partial<AbTest> = {}, problem: string | null = null): AbTest {
  const ab = describeAb({ rounds: changed, facts: { ...facts, ...more }, problem, notes: [] });
  expect(findViolations("ab.schema.json", JSON.parse(JSON.stringify(ab)))).toEqual([]);
  return ab;
}

/** The last round of a server, with another outcome. */
function withLast(server: AbRound["server"], change: Partial<AbRound>): AbRound[] {
  const last = rounds.findLastIndex((round) => round.server === server);
  return rounds.map((round, at) => (at === last ? { ...round, ...change } : round));
}

const lost: Partial<AbRound> = { verdict: "FAIL", reasons: ["3 of 9 deliveries lost"] };

test("in six blocks each server has each place twice, and follows each other one twice", () => {
  const orders = [1, 2, 3, 4, 5, 6].map(orderOf);
  for (const side of sides)
    expect([0, 1, 2].map((place) => orders.filter((order) => order[place] === side).length)).toEqual([2, 2, 2]);
  const pairs = orders.flatMap(([first, second, third]) => [`${first} ${second}`, `${second} ${third}`]);
  for (const one of sides)
    for (const other of sides)
      if (one !== other) expect(pairs.filter((pair) => pair === `${one} ${other}`)).toHaveLength(2);
  expect(orderOf(7)).toEqual(orderOf(1));
});

test("deliveries that B loses make it worse, whatever it costs", () => {
  const ab = conclude(withLast("b", lost));
  expect(ab.verdict).toBe("worse");
  expect(ab.conclusion).toMatch(/^B is worse: B failed in block \d+: 3 of 9 deliveries lost\.$/);
});

test.each(["a", "control"] as const)("deliveries that %s loses leave nothing to compare with", (server) => {
  const ab = conclude(withLast(server, lost));
  expect(ab.verdict).toBe("invalid");
  expect(ab.conclusion).toMatch(/^INVALID: A'? failed in block \d+: 3 of 9 deliveries lost/);
});

test("a round that is INVALID is not in the figures, and nor is its block before it is repeated", () => {
  const changed = withLast("b", { verdict: "INVALID", isCounted: false, cpuUsPerDelivery: 1e6 });
  expect(blocksOf(changed)).toHaveLength(blocksOf(rounds).length - 1);
  expect(conclude(changed).figures[0].b).toBeLessThan(100);
});

test("three blocks are too few, and a test that was ended by hand says so", () => {
  const few = rounds.slice(0, 11);
  expect(conclude(few).conclusion).toBe("INVALID: 3 blocks are complete; 4 are needed.");
  expect(conclude(few, { interrupted: true }).conclusion).toMatch(/^Interrupted: 3 blocks/);
  expect(conclude([], { interrupted: true })).toMatchObject({ verdict: "invalid", figures: [], reached: null });
});

test("what was not measured has no figure; latency is the main one without processor time", () => {
  const without = rounds.map((round) => ({ ...round, cpuUsPerDelivery: null, httpP90Ms: null }));
  const { figures, rule } = conclude(without);
  expect(figures.map(({ path, isMain }) => [path, isMain])).toEqual([
    ["latencyMs.p50", true],
    ["latencyMs.p99", false],
    ["completionMs.p50", false],
  ]);
  expect(rule).toMatch(/at 97\.5 % for the main figure and 98\.8 % for each other one/);
});

test("A's address again is named as what it is", () => {
  expect(conclude(rounds, { control: { ...facts.control, isProcess: false } }).notes).toEqual([
    expect.stringMatching(/^A' is A's own address again/),
  ]);
});
