import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ConnectionManager } from "./connection-manager.js";
import { Drain } from "./drain.js";
import type { Meter } from "./meter.js";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function startDrain() {
  const meter = { deliveries: 0 };
  const matcher = { isDone: false };
  const connections = { pending: 0, active: new Set([{ matcher }]) };
  const done = vi.fn<() => void>();
  const drain = new Drain(connections as unknown as ConnectionManager, meter as unknown as Meter, done);
  return { meter, matcher, done, drain };
}

test("it ends once every subscriber has what it is owed", () => {
  const { matcher, done } = startDrain();
  vi.advanceTimersByTime(40);
  expect(done).not.toHaveBeenCalled();
  matcher.isDone = true;
  vi.advanceTimersByTime(20);
  expect(done).toHaveBeenCalledOnce();
});

test("it ends after three seconds of looking without a delivery, and each delivery begins them anew", () => {
  const { meter, done } = startDrain();
  vi.advanceTimersByTime(2900);
  meter.deliveries += 1;
  vi.advanceTimersByTime(2900);
  expect(done).not.toHaveBeenCalled();
  vi.advanceTimersByTime(200);
  expect(done).toHaveBeenCalledOnce();
});

test("a process that was left standing looks again before it gives up", () => {
  vi.spyOn(performance, "now").mockReturnValueOnce(0).mockReturnValue(60_000);
  const { done, drain } = startDrain();
  vi.advanceTimersByTime(40);
  expect(done).not.toHaveBeenCalled();
  drain.stop();
});
