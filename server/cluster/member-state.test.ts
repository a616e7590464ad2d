/** Members of a cluster under a seeded scheduler: whatever happens to them, they send one stream. */
import { expect, test } from "vitest";
import type { SkipEntry } from "./entry.js";
import { findViolations } from "./member-cluster.fixture.js";
import { MemberState } from "./member-state.js";

test("100 clusters under faults (seeds 1 to 100) send one stream, which is the replay of the log", () => {
  expect(findViolations({ seeds: 100 })).toBeNull();
});

test("a member that has loaded a world from the middle of a skip plays the rest of it", () => {
  let tick = 2400;
  const replica = {
    skip: ({ toTick }: SkipEntry) => void (tick = toTick),
    runTick() {},
    applyCommand() {},
    repeat() {},
    broadcast() {},
    setPace() {},
    digest: () => String(tick),
  };
  const member = new MemberState({ member: "late", url: "", replica, position: { tick, sequence: 0 } });
  const skip = (from: number, toTick: number, digest: string): SkipEntry => ({
    kind: "skip",
    epoch: 1,
    tick: from,
    sequence: 0,
    toTick,
    check: { at: { tick: from, sequence: 0 }, digest },
  });
  expect(member.take(skip(2326, 2390, "2326"))).toBe("repeated");
  expect(member.take(skip(2390, 2454, "2390"))).toBe("applied");
  expect([tick, member.position]).toEqual([2454, { tick: 2454, sequence: 0 }]);
  expect(member.take(skip(2454, 2518, "another world's"))).toBe("diverged");
});
