/** Hosts whose clocks drift, members that lead one after another, answers that take their time. */
import { expect, test } from "vitest";
import { ClusterClock } from "./cluster-clock.js";
import type { ClockOrigin } from "./entry.js";
import { randomOfText } from "../../schemas/random.fixture.js";

const secondNs = 1_000_000_000n;
/** Two hosts come apart by twice as much: 100 ppm. */
const driftPpmMax = 50;
/** A leader entry is read within this time, by whoever is not stopped. */
const heardNsMax = 5_000_000;

class ModelHost {
  readonly hostId: string;
  readonly #aheadNs: bigint;
  readonly #ppb: bigint;

  constructor(hostId: string, random: () => number) {
    this.hostId = hostId;
    this.#aheadNs = BigInt(Math.floor(random() * 1e17));
    this.#ppb = BigInt(Math.round((random() * 2 - 1) * driftPpmMax * 1000));
  }

  /** @param trueNs a clock that nobody has */
  at(trueNs: bigint): bigint {
    return this.#aheadNs + trueNs + (trueNs * this.#ppb) / secondNs;
  }
}

class ModelMember {
  readonly clock: ClusterClock;
  readonly host: ModelHost;
  toldNs = 0n;
  /** When it reads the next entry of the log. */
  heardNs = 0n;

  constructor(host: ModelHost, nowNs: () => bigint) {
    this.host = host;
    this.clock = new ClusterClock({
      hostId: host.hostId,
      clock: { nowNs: () => host.at(nowNs()), schedule: () => () => {} },
    });
  }
}

/** One cluster for a minute or so. Returns what was wrong, and the largest uncertainty of a member, nanoseconds. */
function runClocks(seed: string): { readonly wrong: readonly string[]; readonly uncertaintyNsMax: number } {
  const random = randomOfText(seed);
  const wrong: string[] = [];
  let uncertaintyNsMax = 0;
  let nowNs = 0n;
  const pass = (ns: number): void => void (nowNs += BigInt(Math.floor(ns)));
  const hosts = ["a", "b", "c"].map((id) => new ModelHost(id, random));
  const members = Array.from({ length: 4 }, (_, at) => new ModelMember(hosts[at % 3], () => nowNs));
  const tripNsMax = 10 ** (5 + random() * 3);

  let leader = members[0];
  let origin: ClockOrigin = leader.clock.announce(0);
  leader.clock.lead(origin);
  let pending: { readonly member: ModelMember; readonly heardNs: bigint }[] = members
    .slice(1)
    .map((member) => ({ member, heardNs: 0n }));

  function hear(): void {
    for (const { member, heardNs } of pending) if (heardNs <= nowNs) member.clock.follow(origin);
    pending = pending.filter(({ heardNs }) => heardNs > nowNs);
    leader.clock.confirm(leader.host.at(nowNs));
  }

  function ask(member: ModelMember): void {
    const asked = member.clock.followed;
    if (asked === undefined || pending.some((each) => each.member === member)) return;
    const sentNs = member.host.at(nowNs);
    pass(random() * tripNsMax);
    const leaderNs = leader.clock.nowNs();
    pass(random() * tripNsMax);
    if (member.clock.isKnown) member.toldNs = member.clock.nowNs();
    member.clock.take({ leaderNs, sentNs, receivedNs: member.host.at(nowNs) }, asked);
  }

  function changeLeader(): void {
    const next = members[Math.floor(random() * members.length)];
    if (next === leader || !next.clock.isKnown || pending.length > 0) return;
    const announced = next.clock.announce(400);
    pass(random() * 400e6);
    hear();
    const beforeNs = leader.clock.nowNs();
    next.clock.lead(announced);
    const movedNs = Math.abs(Number(next.clock.nowNs() - beforeNs));
    const statedNs =
      announced.uncertaintyNs - origin.uncertaintyNs + next.clock.uncertaintyNs - announced.uncertaintyNs;
    if (movedNs > statedNs) wrong.push(`a new leader moved the clock by ${movedNs} ns and stated ${statedNs} ns`);
    const isStopped = random() < 0.3;
    pending = members
      .filter((member) => member !== next)
      .map((member) => ({
        member,
        heardNs: nowNs + BigInt(Math.floor(random() * (isStopped ? 3e9 : heardNsMax))),
      }));
    [leader, origin] = [next, announced];
  }

  function check(): void {
    const leaderNs = leader.clock.nowNs();
    for (const member of members) {
      if (!member.clock.isKnown || pending.some((each) => each.member === member)) continue;
      const toldNs = member.clock.nowNs();
      const { uncertaintyNs } = member.clock;
      const offNs = Math.abs(Number(toldNs - leaderNs));
      if (member !== leader && offNs > uncertaintyNs - origin.uncertaintyNs)
        wrong.push(`a member is off by ${offNs} ns and states ${uncertaintyNs} ns`);
      if (toldNs < member.toldNs) wrong.push("a member's clock ran backwards");
      member.toldNs = toldNs;
      uncertaintyNsMax = Math.max(uncertaintyNsMax, uncertaintyNs);
    }
  }

  for (let step = 0; step < 150; step++) {
    pass(random() * 500e6);
    hear();
    const kind = random();
    if (kind < 0.6) ask(members[Math.floor(random() * members.length)]);
    else if (kind < 0.65) changeLeader();
    check();
  }
  return { wrong, uncertaintyNsMax };
}

test("members know the cluster's clock to within what they state, over drift and changes of leader (seeds 1 to 1000)", () => {
  for (let seed = 1; seed <= 1000; seed++) {
    const { wrong } = runClocks(`clock-${seed}`);
    expect(wrong, `seed ${seed}`).toEqual([]);
  }
});
