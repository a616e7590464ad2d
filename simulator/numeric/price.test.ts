import { expect, test } from "vitest";
import { roundPrice } from "./price.js";

test("a price leaves rounded to 0.01, never as zero and never as minus zero", () => {
  expect([1250.504, 1250.505, 0.004, 0, -0, 1e6].map(roundPrice)).toEqual([1250.5, 1250.51, 0.01, 0.01, 0.01, 1e6]);
});
