import { expect, test } from "vitest";
import { run } from "./simulator.js";

test("the simulator benchmark runs, and computes the same each time", async () => {
  const [first, second] = [await run("tiny"), await run("tiny")];
  expect(first.lines).toHaveLength(6);
  expect(first.hash).toBe(second.hash);
});
