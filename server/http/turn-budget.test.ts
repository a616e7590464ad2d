import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { TurnBudget } from "./turn-budget.js";

function spin(ms: number): void {
  const endsMs = performance.now() + ms;
  while (performance.now() < endsMs);
}

test("a turn without time left postpones what is queued, in order, one turn for each where each takes it all", async () => {
  const budget = new TurnBudget(1, 1);
  const ran: string[] = [];
  for (const name of ["a", "b", "c"]) {
    budget.enqueue(() => {
      ran.push(name);
      spin(2);
    });
  }
  const seen: number[] = [];
  while (ran.length < 3) {
    await nextTurn();
    seen.push(ran.length);
  }
  expect(ran).toEqual(["a", "b", "c"]);
  expect(seen.every((count, at) => count - (seen[at - 1] ?? 0) <= 1)).toBe(true);
});

test("a turn takes requestsMin requests however long they take", async () => {
  const budget = new TurnBudget(1, 3);
  for (let turn = 0; turn < 3; turn++) {
    for (let request = 0; request < 3; request++) {
      expect(budget.take()).toBe(true);
      spin(2);
    }
    expect(budget.take()).toBe(false);
    await nextTurn();
    await nextTurn();
  }
});
