import { expect, test } from "vitest";
import { Turns, addressOf, planAddresses, planFirstTargets, splitEvenly } from "./shares.js";

test.each([
  [50_000, 7],
  [20_001, 1],
  [60_000, 3],
])("%i subscribers of %i generators have ports enough on every address", (subscribers, generators) => {
  const plan = planAddresses(subscribers, generators);
  const used = new Map<string | undefined, number>();
  for (const share of splitEvenly(subscribers, generators))
    for (let id = 0; id < share; id += 1) {
      const address = addressOf(id, plan);
      used.set(address, (used.get(address) ?? 0) + 1);
    }
  expect([...used.keys()]).toEqual(plan.addresses);
  // Of 28,000 that a system has.
  expect(Math.max(...used.values())).toBeLessThan(20_100);
});

test("one address is enough for as many as it has ports", () => {
  expect(addressOf(19_999, planAddresses(20_000, 1))).toBeUndefined();
});

test("what is left over goes to another generator each time", () => {
  expect(splitEvenly(8, 3)).toEqual([3, 3, 2]);
  expect(splitEvenly(1, 3, 1)).toEqual([0, 1, 0]);
  expect(splitEvenly(2, 3, 2)).toEqual([1, 0, 1]);
});

test("whatever the number of generators, all targets have as many subscribers", () => {
  for (let generators = 1; generators <= 9; generators += 1)
    for (let targets = 1; targets <= 8; targets += 1)
      for (const subscribers of [1, 7, 100, 601]) {
        const used = Array.from({ length: targets }, () => 0);
        const firsts = planFirstTargets(subscribers, generators, targets);
        for (const [index, share] of splitEvenly(subscribers, generators).entries()) {
          const turns = new Turns(targets, firsts[index]);
          for (let id = 0; id < share; id += 1) used[turns.take()] += 1;
        }
        expect(Math.max(...used) - Math.min(...used)).toBeLessThanOrEqual(1);
      }
});
