import { expect, test } from "vitest";
import { Intake } from "./intake.js";

test("after a fetch events are told again in the order in which they came, those that wait last", () => {
  const recorded: unknown[] = [];
  const intake = new Intake((arrival) => recorded.push(arrival));
  const told: unknown[] = [];
  intake.listen("discussion:new_message", (payload) => told.push(payload));
  const arrivals = ["first", "second", "third"].map((payload) => ({
    name: "discussion:new_message",
    args: [payload],
    receivedMs: 0,
  }));
  const [first, second, third] = arrivals as [(typeof arrivals)[0], (typeof arrivals)[0], (typeof arrivals)[0]];
  intake.push(first);
  intake.push(second);
  intake.take();
  intake.push(third);
  told.length = 0;

  intake.replay([first, second]);
  expect(told).toEqual(["first", "second", "third"]);
  expect(recorded).toEqual(arrivals);
});
