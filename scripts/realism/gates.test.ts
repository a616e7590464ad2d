import { expect, test } from "vitest";
import { judge, talkGate } from "./gates.js";

test("a statistic that cannot be measured passes no gate", () => {
  const silence = { minuteReturns: [], flatReturns: [], dailyReturns: [], messages: [0, 0, 0] };
  expect(judge(talkGate, [silence]).passed).toBe(false);
});
