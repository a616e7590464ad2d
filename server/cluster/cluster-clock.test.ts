import { expect, test } from "vitest";
import { createManualClock } from "../../simulator/index.js";
import { ClusterClock } from "./cluster-clock.js";
import type { ClockOrigin } from "./entry.js";

const dayNs = 86_400_000_000_000n;
const msNs = 1_000_000n;
/** The clock of another host, a day ahead. */
const elsewhere: ClockOrigin = { id: "c", hostId: "elsewhere", aheadNs: 0n, uncertaintyNs: 0 };

/** A member on the host "here", whose clock is at 10 s and is moved by `advance`. */
function createMember() {
  const { clock, advance } = createManualClock();
  advance(10_000);
  const member = new ClusterClock({ hostId: "here", clock });
  return {
    clock: member,
    hostNs: () => clock.nowNs(),
    advance,
    /** A round trip to a leader whose clock is so far ahead of this host's. */
    ask(origin: ClockOrigin, aheadNs: bigint, tripMs: number): void {
      const sentNs = clock.nowNs();
      advance(tripMs / 2);
      const leaderNs = clock.nowNs() + aheadNs;
      advance(tripMs / 2);
      member.take({ leaderNs, sentNs, receivedNs: clock.nowNs() }, origin);
    },
  };
}

test("the first leader's clock is its host's, exactly", () => {
  const { clock, hostNs } = createMember();
  const origin = clock.announce(400);
  clock.lead(origin);
  expect([clock.nowNs(), clock.uncertaintyNs, clock.isKnown]).toEqual([hostNs(), 0, true]);
  expect(origin).toMatchObject({ hostId: "here", aheadNs: 0n, uncertaintyNs: 0 });
});

test("a member on the leader's host reads the same clock, once it has asked", () => {
  const { clock, hostNs, ask } = createMember();
  const here = { ...elsewhere, hostId: "here" };
  clock.follow(here);
  expect(clock.isKnown).toBe(false);
  ask(here, 0n, 8);
  expect([clock.isKnown, clock.nowNs(), clock.uncertaintyNs]).toEqual([true, hostNs(), 0]);
});

test("a member with the leader's host id and another clock, as in a copied machine, measures it", () => {
  const { clock, hostNs, ask } = createMember();
  const here = { ...elsewhere, hostId: "here" };
  clock.follow(here);
  ask(here, dayNs, 8);
  expect(Number(clock.nowNs() - hostNs() - dayNs)).toBeCloseTo(0, -3);
  expect(clock.uncertaintyNs).toBeGreaterThan(3_999_000);
});

test("a member on another host states half of the round trip and what may have drifted since", () => {
  const { clock, hostNs, ask, advance } = createMember();
  clock.follow(elsewhere);
  ask(elsewhere, dayNs, 2);
  expect(Math.abs(Number(clock.nowNs() - hostNs() - dayNs))).toBeLessThan(clock.uncertaintyNs);
  expect(clock.uncertaintyNs).toBeLessThan(1_001_000);
  advance(10_000);
  clock.nowNs();
  expect(clock.uncertaintyNs).toBeGreaterThan(1_999_000);
});

test("the clock waits rather than to run backwards, and states it", () => {
  const { clock, ask } = createMember();
  clock.follow(elsewhere);
  ask(elsewhere, dayNs, 8);
  const beforeNs = clock.nowNs();
  // Another answer tells that it was 3 ms too far.
  ask(elsewhere, dayNs - 3n * msNs, 0.2);
  expect(clock.nowNs()).toBeGreaterThanOrEqual(beforeNs);
  expect(clock.uncertaintyNs).toBeGreaterThan(2_500_000);
});

test("a new leader goes on with what it knows of the clock, and says how well", () => {
  const { clock, hostNs, ask } = createMember();
  clock.follow(elsewhere);
  ask(elsewhere, dayNs, 2);
  const origin = clock.announce(400);
  expect(origin).toMatchObject({ id: "c", hostId: "here" });
  clock.lead(origin);
  expect(clock.nowNs() - hostNs()).toBe(origin.aheadNs);
  expect(origin.uncertaintyNs).toBeGreaterThan(1_000_000);
  expect(origin.uncertaintyNs).toBeLessThan(1_100_000);
});

test("whoever does not know the clock lets those lead who may, and then begins one that goes on from the next tick", () => {
  const { clock, hostNs } = createMember();
  expect(clock.mayLead(0)).toBe(true);
  clock.follow(elsewhere);
  expect([clock.mayLead(1000), clock.mayLead(2500)]).toEqual([false, true]);
  const origin = clock.announce(400, 5n * dayNs);
  expect(origin).toMatchObject({ hostId: "here", aheadNs: 5n * dayNs - hostNs(), uncertaintyNs: 0 });
  expect(origin.id).not.toBe("c");
  clock.lead(origin);
  expect(clock.nowNs()).toBe(5n * dayNs);
});

test("after a restart on the leader's host the clock is still that host's", () => {
  const { clock, hostNs } = createMember();
  clock.follow({ ...elsewhere, hostId: "here" });
  expect(clock.mayLead(0)).toBe(true);
  clock.lead(clock.announce(400, 5n * dayNs));
  expect(clock.nowNs()).toBe(hostNs());
});

test("an answer of a leader of before is not taken", () => {
  const { clock, ask } = createMember();
  clock.follow(elsewhere);
  clock.follow({ ...elsewhere, hostId: "a third one" });
  ask(elsewhere, dayNs, 2);
  expect(clock.isKnown).toBe(false);
});
