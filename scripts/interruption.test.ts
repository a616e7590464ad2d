import { expect, test } from "vitest";
import { interruption } from "./interruption.js";

test("nobody listens for signals once a command has ended", () => {
  const listeners = () => ["SIGINT", "SIGTERM", "SIGHUP"].map((name) => process.listenerCount(name));
  const before = listeners();
  {
    using interrupt = interruption();
    expect(interrupt.signal.aborted).toBe(false);
    expect(listeners()).toEqual(before.map((count) => count + 1));
  }
  expect(listeners()).toEqual(before);
});
